// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/peer_news.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

void PeerNews::added(std::string peer_id) {
  news_.push_back(PeerAdded{std::move(peer_id)});
}

void PeerNews::removed(std::string peer_id, std::string reason) {
  auto untold = std::find_if(news_.begin(), news_.end(), [&](const auto& one) {
    auto* added = std::get_if<PeerAdded>(&one);
    return added && added->peer_id == peer_id;
  });
  if (untold != news_.end())
    news_.erase(untold);
  else
    news_.push_back(PeerRemoved{std::move(peer_id), std::move(reason)});
}

PeerNews::Piece PeerNews::take() {
  auto first = std::move(news_.front());
  news_.pop_front();
  return first;
}

} // namespace p2plive::viewer
