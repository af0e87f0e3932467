// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/peer_connection_impl.h"

#include "net/certificate.h"
#include "net/ice_candidate.h"
#include "net/ice_reserve.h"

#include <algorithm>
#include <utility>

namespace p2plive::net {

static_assert(DataChannel::low_mark == PeerConnection::low_mark);

using namespace std::chrono_literals;
using Setup = SessionDescription::Setup;

namespace {

constexpr unsigned datagrams_per_service = 64;

} // namespace

PeerConnection::Impl::Impl(GMainContext* context, PeerConnectionOptions options,
                           PeerConnectionEvents events)
    : context_(context), options_(std::move(options)), events_(std::move(events)),
      stack_(SctpStack::share(context)), deadline_(context, [this] { deadline_passed(); }),
      gathering_limit_(context, [this] {
        gathered_enough_ = true;
        wake();
      }) {}

void PeerConnection::Impl::wake() {
  if (stack_ && !closed_)
    stack_->service().schedule(shared_from_this());
}

void PeerConnection::Impl::fail(std::string reason) {
  if (over())
    return;
  failure_ = std::move(reason);
  wake();
}

void PeerConnection::Impl::deadline_passed() {
  if (open_) {
    restart_.reset(); // the old path may still do; else its end is noticed as ever
    return drop_previous_path();
  }
  if (stack_)
    return fail("no connection within 15 seconds");
  // Nobody serves us without a stack; the timer is what calls from outside.
  failure_ = "another thread of this process has the SCTP stack";
  serve();
}

void PeerConnection::Impl::begin(Role role) {
  role_ = role;
  deadline_.arm_in(stack_ ? set_up_limit : 0s);
  if (!stack_)
    return;
  if (!options_.certificate)
    return fail("no certificate");
  make_transports();
  if (!ice_)
    return fail("no local address to listen on");
  gathering_limit_.arm_in(gathering_limit - ice_->gathering_for());
  wake();
}

IceTransport::Options PeerConnection::Impl::ice_options(bool controlling) const {
  IceTransport::Options options;
  options.controlling = controlling;
  options.local_addresses = options_.local_addresses;
  if (!options_.stun.empty())
    options.stun = options_.stun.front();
  return options;
}

void PeerConnection::Impl::make_transports() {
  DtlsTransport::Events events;
  events.output = [this](auto datagram) {
    ice_->send(datagram);
    wake();
  };
  events.connected = [this] { start_sctp(); };
  events.data = [this](auto packet) { sctp_->input(packet); };
  events.failed = [this](std::string reason) { fail(std::move(reason)); };
  dtls_ = std::make_unique<DtlsTransport>(context_, options_.certificate, std::move(events));
  make_sctp();
  make_channel();
  make_ice(role_ == Role::offerer);
}

/// One that has gathered in advance, or a new one.
void PeerConnection::Impl::make_ice(bool controlling) {
  auto woken = [this] { wake(); };
  if (options_.reserve && (ice_ = options_.reserve->take(controlling, woken)))
    return;
  ice_ = std::make_unique<IceTransport>(context_, ice_options(controlling), woken);
  if (!ice_->gather())
    ice_.reset();
}

void PeerConnection::Impl::make_sctp() {
  SctpTransport::Events events;
  events.output = [this](auto packet) { dtls_->send(packet); };
  events.wake = [this] { wake(); };
  events.connected = [this] {
    channel_->begin(role_ == Role::offerer, dtls_client_, remote_->max_message);
  };
  events.message = [this](auto stream, auto ppid, auto message) {
    channel_->received(stream, ppid, message);
  };
  events.reset = [this](auto stream) { channel_->stream_reset(stream); };
  events.failed = [this](std::string reason) { fail(std::move(reason)); };
  sctp_ = std::make_unique<SctpTransport>(stack_, std::move(events));
}

void PeerConnection::Impl::make_channel() {
  DataChannel::Events events;
  events.open = [this] {
    deadline_.disarm();
    open_ = true;
    if (!over() && events_.open)
      events_.open();
  };
  events.message = [this](auto message) {
    if (!over() && events_.message)
      events_.message(message);
  };
  events.drained = [this](auto buffered) {
    if (!over() && events_.drained)
      events_.drained(buffered);
  };
  events.failed = [this](std::string reason) { fail(std::move(reason)); };
  channel_ = std::make_unique<DataChannel>(*sctp_, std::move(events), options_.negotiated_stream);
}

void PeerConnection::Impl::offer() {
  if (role_ == Role::none && !over())
    begin(Role::offerer);
}

void PeerConnection::Impl::accept_offer(const std::string& sdp) {
  if (open_ && !over())
    return accept_restart_offer(sdp);
  if (role_ != Role::none || over())
    return;
  auto description = read_sdp(sdp);
  if (!description) {
    role_ = Role::answerer;
    if (!stack_)
      deadline_.arm_in(0s);
    return fail("bad offer: " + description.error());
  }
  begin(Role::answerer);
  if (over() || !ice_)
    return;
  // actpass leaves it to us: active, which saves a round trip (RFC 8842 section 5.3).
  auto client = description->setup != Setup::active;
  take_remote(std::move(*description), client);
}

void PeerConnection::Impl::accept_answer(const std::string& sdp) {
  if (open_ && !over())
    return accept_restart_answer(sdp);
  if (role_ != Role::offerer || !ice_ || remote_ || over())
    return;
  auto description = read_sdp(sdp);
  if (!description)
    return fail("bad answer: " + description.error());
  if (description->setup == Setup::actpass)
    return fail("bad answer: it does not say which side opens DTLS");
  auto client = description->setup == Setup::passive;
  take_remote(std::move(*description), client);
}

void PeerConnection::Impl::take_remote(SessionDescription description, bool dtls_client) {
  remote_ = std::move(description);
  dtls_client_ = dtls_client;
  if (!ice_->set_remote_credentials(remote_->ufrag, remote_->password))
    return fail("ICE refuses the credentials");
  ice_->add_remote_candidates(remote_->candidates);
  ice_->add_remote_candidates(std::exchange(early_candidates_, {}));
  dtls_->start(dtls_client, remote_->fingerprint);
  wake();
}

void PeerConnection::Impl::add_candidates(const std::vector<std::string>& candidates) {
  if (over())
    return;
  if (restart_ && restart_->remote)
    return restart_->ice->add_remote_candidates(candidates);
  if (remote_ && !restart_)
    return ice_->add_remote_candidates(candidates);
  auto room = max_candidates - early_candidates_.size();
  auto count = static_cast<std::ptrdiff_t>(std::min(room, candidates.size()));
  early_candidates_.insert(early_candidates_.end(), candidates.begin(), candidates.begin() + count);
}

SessionDescription PeerConnection::Impl::description(const IceTransport& ice, bool offers) {
  SessionDescription description;
  description.session_id = session_id_;
  description.session_version = ++session_version_;
  description.ufrag = ice.ufrag();
  description.password = ice.password();
  description.fingerprint = options_.certificate->fingerprint();
  if (!offers)
    description.setup = dtls_client_ ? Setup::active : Setup::passive;
  if (remote_)
    description.mid = remote_->mid;
  description.max_message = options_.max_message;
  description.candidates = ice.local_candidates();
  return description;
}

void PeerConnection::Impl::describe() {
  described_ = true;
  gathering_limit_.disarm();
  auto sdp = write_sdp(description(*ice_, role_ == Role::offerer));
  if (events_.local_description)
    events_.local_description(std::move(sdp));
}

void PeerConnection::Impl::start_sctp() {
  SctpTransport::Options options;
  options.remote_port = remote_->sctp_port;
  options.max_message = options_.max_message;
  sctp_->start(options);
}

bool PeerConnection::Impl::send(std::span<const std::uint8_t> head,
                                std::span<const std::uint8_t> body) {
  return open_ && !over() && channel_->send(head, body);
}

bool PeerConnection::Impl::serve() {
  auto self = shared_from_this(); // the user may let go of us in any event
  if (closed_)
    return false;
  if (failure_.empty() && ice_)
    serve_layers();
  if (closed_)
    return false;
  if (!failure_.empty()) {
    finish(failure_);
    return false;
  }
  return ice_ && (ice_->has_next() || (previous_ice_ && previous_ice_->has_next()));
}

void PeerConnection::Impl::receive(IceTransport& ice) {
  for (auto left = datagrams_per_service; left > 0 && !over(); --left) {
    auto datagram = ice.next();
    if (!datagram)
      break;
    dtls_->receive(*datagram);
    // The acknowledgements of one service can let all of SCTP's buffer go: it is filled in between.
    if (!over())
      channel_->tell_drained();
  }
}

void PeerConnection::Impl::serve_layers() {
  if (!described_ && (ice_->gathered() || gathered_enough_))
    describe();
  if (!over() && restart_)
    serve_restart();
  if (!over() && ice_->failed() && !restart_)
    fail(open_ ? "the other side cannot be reached any more" : "no path to the other side");
  if (!over() && ice_->connected())
    dtls_->transport_ready();
  if (previous_ice_)
    receive(*previous_ice_);
  receive(*ice_);
  if (!over() && sctp_->serve())
    wake();
  if (!over() && sctp_->take_writable())
    channel_->flush();
  if (!over())
    channel_->tell_drained();
  if (!closed_)
    ice_->flush();
}

void PeerConnection::Impl::finish(std::string reason) {
  close();
  if (events_.closed)
    events_.closed(std::move(reason));
}

void PeerConnection::Impl::close() {
  if (std::exchange(closed_, true))
    return;
  deadline_.disarm();
  gathering_limit_.disarm();
  // From the top down: SCTP's abort and DTLS's goodbye still leave through the layers below.
  if (sctp_)
    sctp_->close();
  if (dtls_)
    dtls_->close();
  if (ice_) {
    ice_->flush();
    ice_->close();
  }
  restart_.reset();
  previous_ice_.reset();
}

} // namespace p2plive::net
