// The viewer's connections to other viewers: one for each peer, from the first signal to the last.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "net/address_watch.h"
#include "net/certificate.h"
#include "net/ice_reserve.h"
#include "net/peer_connection.h"
#include "net/timer.h"
#include "viewer/addresses.h"
#include "viewer/mind.h"
#include "viewer/signal.h"

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace p2plive::viewer {

/// On the network thread. Carries out Connect, Send and Disconnect, and tells the core what becomes
/// of them. Every attempt has a session id and a deadline; whatever names another attempt is
/// ignored.
class Peers {
public:
  /// Sends a signal to its `to`; false when that is not possible now.
  using SendSignal = std::function<bool(Signal)>;
  /// What becomes of open connections, for whoever wants to know.
  struct Watch {
    std::function<void(const core::PeerId&)> added;
    std::function<void(const core::PeerId&, const std::string& reason)> removed;
  };

  /// Without a certificate it takes the process's, with the first connection: to make one takes
  /// some milliseconds that the first bytes of the stream need not wait for.
  Peers(GMainContext* context, Mind& mind, unsigned max_peers, SendSignal send_signal,
        std::shared_ptr<const net::Certificate> certificate = {}, Watch watch = {});
  ~Peers();

  void use(Reach reach);
  void set_max_peers(unsigned peers);
  /// No more connections are wanted.
  void leave();

  void connect(const core::PeerId& peer);
  void disconnect(const core::PeerId& peer, const std::string& reason);
  void send(const core::Send& send);
  /// Open connections look for new paths, as they do when this machine's addresses have changed.
  void restart();
  /// Another viewer's signal; verified, and meant for us.
  void arrived(const Signal& signal);
  /// Tells the core how much the connections still hold to which something was sent since.
  void tell_sent();

  bool closing() const { return !closing_.empty(); } ///< last words may still be on their way
  std::size_t gathering() const { return reserve_->kept(); } ///< transports nobody uses yet

private:
  struct Link {
    enum class State { offering, answering, open } state{};
    std::uint64_t session = 0;
    core::Time deadline{}; ///< of the set-up
    bool answered = false; ///< the other side has our answer, or we have its
    std::unique_ptr<net::PeerConnection> connection;
  };
  struct Closing {
    std::unique_ptr<net::PeerConnection> connection;
    core::Time until{};
  };

  Link& add(const core::PeerId& peer, Link::State state, std::uint64_t session);
  net::PeerConnectionEvents events_of(const core::PeerId& peer, std::uint64_t session);
  bool has_certificate();
  /// The link, if it is still the attempt that `session` names.
  Link* find(const core::PeerId& peer, std::uint64_t session);
  void described(const core::PeerId& peer, std::uint64_t session, std::string sdp);
  void restart_described(const core::PeerId& peer, std::uint64_t session, bool offers,
                         std::string sdp);
  void opened(const core::PeerId& peer, std::uint64_t session);
  void message(const core::PeerId& peer, std::uint64_t session,
               std::span<const std::uint8_t> bytes);
  void offered(const Signal& offer);
  void refuse(const core::PeerId& peer, std::uint64_t session, std::string reason);
  /// Drops the link, and tells the core how it ended.
  void lose(const core::PeerId& peer, const std::string& reason);
  /// Takes the link away; the connection stays for a moment, for what it has still to send.
  void put_away(const core::PeerId& peer, const std::string& reason);
  void sweep();
  void arm();
  void keep_reserve();

  GMainContext* context_;
  Mind& mind_;
  unsigned max_peers_;
  SendSignal send_signal_;
  Reach reach_;
  std::shared_ptr<const net::Certificate> certificate_;
  Watch watch_;
  std::shared_ptr<net::IceReserve> reserve_;
  bool leaving_ = false;
  net::AddressWatch address_watch_;
  net::Timer timer_; ///< deadlines of set-ups and closings
  std::mt19937_64 random_;
  std::unordered_map<core::PeerId, Link> links_;
  std::vector<Closing> closing_;
  std::vector<core::PeerId> sent_to_; ///< since tell_sent()
};

} // namespace p2plive::viewer
