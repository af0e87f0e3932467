// Many connections of ours to one other side, all offered by us over one inbox at the broker, and
// idle once they are open.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/certificate.h"
#include "net/mqtt_client.h"
#include "net/peer_connection.h"
#include "viewer/signal.h"

#include "our_side.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace p2plive::test {

/// On the context's thread. Without the bounds of viewer::Signalling, which so many answers of one
/// sender would exceed.
class Many {
public:
  Many(GMainContext* context, const Meeting& meeting);

  bool ready() const { return client_.ready(); } ///< the other side may come
  bool met() const { return met_; }              ///< and has come
  void connect();                                ///< one more
  std::size_t open() const { return open_; }
  std::size_t begun() const { return connections_.size(); }

  std::string failure; ///< why one of them is closed

private:
  void arrived(const viewer::Signal& signal);
  void send_offer(std::size_t number, std::string sdp);

  GMainContext* context_;
  Meeting meeting_;
  std::shared_ptr<const net::Certificate> certificate_;
  std::vector<std::unique_ptr<net::PeerConnection>> connections_; ///< session: place + 1
  std::size_t open_ = 0;
  bool met_ = false;
  net::MqttClient client_;
};

} // namespace p2plive::test
