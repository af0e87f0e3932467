// How a PeerConnection joins its layers. Internal to lib/net.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/data_channel.h"
#include "net/dtls_transport.h"
#include "net/ice_transport.h"
#include "net/peer_connection.h"
#include "net/sctp_stack.h"
#include "net/sctp_transport.h"
#include "net/sdp.h"
#include "net/service_source.h"
#include "net/timer.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::net {

constexpr auto set_up_limit = std::chrono::seconds(15);
/// A STUN server that is dead, or far, holds up the offer no longer than this.
constexpr auto gathering_limit = std::chrono::milliseconds(800);

/// ICE, DTLS, SCTP and the channel, one above the other. The layers tell it in their own time; the
/// user is told only from within serve(), that is never from within a call of his own.
class PeerConnection::Impl final : public Served, public std::enable_shared_from_this<Impl> {
public:
  Impl(GMainContext* context, PeerConnectionOptions options, PeerConnectionEvents events);

  void offer();
  void accept_offer(const std::string& sdp);
  void accept_answer(const std::string& sdp);
  void restart_ice();
  bool restarting() const { return restart_.has_value(); }
  void add_candidates(const std::vector<std::string>& candidates);
  bool send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body);
  std::size_t buffered() const { return channel_ ? channel_->buffered() : 0; }
  std::uint64_t received_bytes() const;
  std::optional<SelectedPath> selected_path() const {
    return ice_ ? ice_->selected_path() : std::nullopt;
  }
  void close();

  bool serve() override;

private:
  enum class Role { none, offerer, answerer };
  /// An ICE restart under way: the new transport stands beside the old one until it has a path.
  struct Restart {
    std::unique_ptr<IceTransport> ice;
    bool offers = false, described = false;
    std::optional<SessionDescription> remote;
  };

  void begin(Role role);
  void deadline_passed();
  void make_transports();
  void make_ice(bool controlling);
  void make_sctp();
  void make_channel();
  void take_remote(SessionDescription description, bool dtls_client);
  IceTransport::Options ice_options(bool controlling) const;
  SessionDescription description(const IceTransport& ice, bool offers);
  void describe();
  bool begin_restart(bool offers);
  void accept_restart_offer(const std::string& sdp);
  void accept_restart_answer(const std::string& sdp);
  std::optional<SessionDescription> read_restart(const std::string& sdp) const;
  void take_restart_remote(SessionDescription description);
  void serve_restart();
  void change_path();
  void drop_previous_path();
  void receive(IceTransport& ice);
  void start_sctp();
  void serve_layers();
  void finish(std::string reason);
  void wake();
  void fail(std::string reason);
  bool over() const { return closed_ || !failure_.empty(); }

  GMainContext* context_;
  PeerConnectionOptions options_;
  PeerConnectionEvents events_;
  std::shared_ptr<SctpStack> stack_;
  Timer deadline_, gathering_limit_;

  Role role_ = Role::none;
  bool dtls_client_ = false, described_ = false, gathered_enough_ = false;
  bool open_ = false, closed_ = false;
  std::string failure_;
  std::optional<SessionDescription> remote_;
  std::vector<std::string> early_candidates_; ///< before the description that they belong to

  std::uint64_t session_id_ = draw_session_id();
  unsigned session_version_ = 1;

  std::unique_ptr<IceTransport> ice_;
  std::optional<Restart> restart_;
  std::unique_ptr<IceTransport> previous_ice_; ///< the other side may use it a moment longer
  std::uint64_t received_before_ = 0;          ///< by transports that are gone
  std::unique_ptr<DtlsTransport> dtls_;
  std::unique_ptr<SctpTransport> sctp_;
  std::unique_ptr<DataChannel> channel_;
};

} // namespace p2plive::net
