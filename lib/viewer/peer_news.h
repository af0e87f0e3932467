// Who was connected to and who is not any more, until somebody asks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <deque>
#include <optional>
#include <string>
#include <variant>

namespace p2plive::viewer {

/// In order for each peer. One that has come and gone before anybody asked is not news, so that an
/// application which asks for nothing, as when it is paused, costs no more memory than its peers.
/// Not thread-safe.
class PeerNews {
public:
  void added(std::string peer_id);
  void removed(std::string peer_id, std::string reason);

  bool empty() const { return news_.empty(); }
  using Piece = std::variant<PeerAdded, PeerRemoved>;
  /// There must be one.
  Piece take();

private:
  std::deque<Piece> news_;
};

} // namespace p2plive::viewer
