// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/peer_connection.h"

#include "net/peer_connection_impl.h"

#include <utility>

namespace p2plive::net {

PeerConnection::PeerConnection(GMainContext* context, PeerConnectionOptions options,
                               PeerConnectionEvents events)
    : impl_(std::make_shared<Impl>(context, std::move(options), std::move(events))) {}

PeerConnection::~PeerConnection() {
  impl_->close();
}

void PeerConnection::offer() {
  impl_->offer();
}

void PeerConnection::accept_offer(const std::string& sdp) {
  impl_->accept_offer(sdp);
}

void PeerConnection::accept_answer(const std::string& sdp) {
  impl_->accept_answer(sdp);
}

void PeerConnection::restart_ice() {
  impl_->restart_ice();
}

bool PeerConnection::restarting() const {
  return impl_->restarting();
}

void PeerConnection::add_candidates(const std::vector<std::string>& candidates) {
  impl_->add_candidates(candidates);
}

bool PeerConnection::send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body) {
  return impl_->send(head, body);
}

std::size_t PeerConnection::buffered() const {
  return impl_->buffered();
}

std::uint64_t PeerConnection::received_bytes() const {
  return impl_->received_bytes();
}

std::optional<SelectedPath> PeerConnection::selected_path() const {
  return impl_->selected_path();
}

void PeerConnection::close() {
  impl_->close();
}

} // namespace p2plive::net
