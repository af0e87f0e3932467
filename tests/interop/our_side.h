// Our side of an interop test: a PeerConnection, signalled over the real broker as viewers do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "exchange.h"

#include "net/peer_connection.h"
#include "viewer/signalling.h"

#include <memory>
#include <string>
#include <vector>

namespace p2plive::test {

/// Who meets whom, where, and about what.
struct Meeting {
  std::uint16_t broker_port = 0;
  core::PeerId self, other;
  core::Rid rid;
  bool offers = false; ///< `self` does
};

class OurSide {
public:
  OurSide(GMainContext* context, const Meeting& meeting, std::size_t size);

  bool ready() const { return signalling_.ready(); } ///< the other side may come
  void close() { connection_->close(); }
  void restart() { connection_->restart_ice(); }
  bool restarting() const { return connection_->restarting(); }

  Exchange exchange;
  std::string offer_sdp;               ///< theirs
  std::vector<std::string> candidates; ///< theirs, and those of their description
  std::string last_refusal;            ///< what they said last by Refuse
  std::string reason;                  ///< why the connection is closed
  bool open = false, closed = false;
  int restarts = 0; ///< of ICE, with an offer and its answer

private:
  void arrived(const viewer::Signal& signal);
  void describe(std::string sdp, bool offers);
  void note_candidates(const std::string& sdp);

  Meeting meeting_;
  std::uint64_t session_ = 0x7000'0000'0000'0001; ///< of our offer, or of theirs
  viewer::Signalling signalling_;
  std::unique_ptr<net::PeerConnection> connection_;
};

} // namespace p2plive::test
