// ICE restart (RFC 8445 section 9, RFC 8839 section 4.4.1.1.1). The addresses may be others than
// before, and libnice's agents keep the sockets that they have gathered: so a second transport is
// made, and takes over when it has a path. DTLS and what is above it do not notice.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/certificate.h"
#include "net/peer_connection_impl.h"

#include <utility>

namespace p2plive::net {

namespace {

/// The other side learns of the new path at about the same time.
constexpr auto previous_path_kept = std::chrono::seconds(2);

} // namespace

void PeerConnection::Impl::restart_ice() {
  if (open_ && !over() && !restart_)
    begin_restart(true);
}

bool PeerConnection::Impl::begin_restart(bool offers) {
  drop_previous_path();
  restart_.emplace();
  restart_->offers = offers;
  restart_->ice = std::make_unique<IceTransport>(context_, ice_options(offers), [this] { wake(); });
  if (!restart_->ice->gather()) {
    restart_.reset();
    return false;
  }
  gathered_enough_ = false;
  gathering_limit_.arm_in(gathering_limit);
  deadline_.arm_in(set_up_limit);
  wake();
  return true;
}

/// None: it is not the other side's own, whose certificate is known, or it restarts nothing.
std::optional<SessionDescription> PeerConnection::Impl::read_restart(const std::string& sdp) const {
  auto description = read_sdp(sdp);
  if (!description || description->fingerprint != remote_->fingerprint ||
      (description->ufrag == remote_->ufrag && description->password == remote_->password))
    return {};
  return std::move(*description);
}

void PeerConnection::Impl::accept_restart_offer(const std::string& sdp) {
  auto description = read_restart(sdp);
  if (!description || (restart_ && !restart_->offers))
    return;
  // When both have begun, the first offerer's counts.
  if (restart_ && role_ == Role::offerer)
    return;
  if (begin_restart(false))
    take_restart_remote(std::move(*description));
}

void PeerConnection::Impl::accept_restart_answer(const std::string& sdp) {
  if (!restart_ || !restart_->offers || restart_->remote)
    return;
  if (auto description = read_restart(sdp))
    take_restart_remote(std::move(*description));
}

void PeerConnection::Impl::take_restart_remote(SessionDescription description) {
  auto& ice = *restart_->ice;
  if (!ice.set_remote_credentials(description.ufrag, description.password))
    return;
  ice.add_remote_candidates(description.candidates);
  ice.add_remote_candidates(std::exchange(early_candidates_, {}));
  restart_->remote = std::move(description);
  wake();
}

void PeerConnection::Impl::serve_restart() {
  auto& ice = *restart_->ice;
  if (!restart_->described && (ice.gathered() || gathered_enough_)) {
    restart_->described = true;
    gathering_limit_.disarm();
    auto sdp = write_sdp(description(ice, restart_->offers));
    if (events_.restart_description)
      events_.restart_description(restart_->offers, std::move(sdp));
    if (over() || !restart_)
      return;
  }
  if (restart_->remote && restart_->ice->connected())
    change_path();
  else if (restart_->ice->failed())
    restart_.reset();
}

void PeerConnection::Impl::change_path() {
  ice_->flush();
  previous_ice_ = std::exchange(ice_, std::move(restart_->ice));
  remote_->ufrag = restart_->remote->ufrag;
  remote_->password = restart_->remote->password;
  restart_.reset();
  deadline_.arm_in(previous_path_kept);
}

void PeerConnection::Impl::drop_previous_path() {
  if (auto previous = std::exchange(previous_ice_, nullptr))
    received_before_ += previous->received_bytes();
}

std::uint64_t PeerConnection::Impl::received_bytes() const {
  auto bytes = received_before_;
  for (auto* ice : {ice_.get(), previous_ice_.get()})
    bytes += ice ? ice->received_bytes() : 0;
  return bytes;
}

} // namespace p2plive::net
