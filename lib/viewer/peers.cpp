// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/peers.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;
using core::Swarm;

namespace {

/// From the offer to the open channel, through gathering, two messages, ICE and DTLS.
constexpr auto set_up_within = 10s;
/// When the offer could not even be sent.
constexpr auto not_sent_within = 1s;
constexpr auto sweep_every = 100ms;
/// For a last message, after the core has let go of a connection.
constexpr auto close_after = 150ms;
/// Set-ups that others began, beyond the connections wanted: so many may overlap with those that
/// are closing.
constexpr std::size_t spare = 8;
/// Transports that have gathered in advance: for two offers and an answer.
constexpr std::size_t most_gathered = 3;

} // namespace

Peers::Peers(GMainContext* context, Mind& mind, unsigned max_peers, SendSignal send_signal,
             std::shared_ptr<const net::Certificate> certificate, Watch watch)
    : context_(context), mind_(mind), max_peers_(max_peers), send_signal_(std::move(send_signal)),
      certificate_(std::move(certificate)), watch_(std::move(watch)),
      reserve_(std::make_shared<net::IceReserve>(context)),
      address_watch_(context,
                     [this] {
                       reserve_->renew();
                       if (reach_.local_addresses.empty())
                         restart();
                     }),
      timer_(context, [this] { sweep(); }),
      random_((std::uint64_t{std::random_device{}()} << 32) | std::random_device{}()) {}

Peers::~Peers() = default;

void Peers::use(Reach reach) {
  reach_ = std::move(reach);
  net::IceTransport::Options options;
  if (!reach_.stun.empty())
    options.stun = reach_.stun.front();
  options.local_addresses = reach_.local_addresses;
  reserve_->use(std::move(options));
  keep_reserve();
}

void Peers::set_max_peers(unsigned peers) {
  max_peers_ = peers;
  keep_reserve();
}

void Peers::leave() {
  leaving_ = true;
  keep_reserve();
}

void Peers::keep_reserve() {
  auto wanted = leaving_ ? 0 : max_peers_ - std::min<std::size_t>(max_peers_, links_.size());
  reserve_->keep(std::min(most_gathered, wanted));
}

Peers::Link* Peers::find(const core::PeerId& peer, std::uint64_t session) {
  auto found = links_.find(peer);
  return found != links_.end() && found->second.session == session ? &found->second : nullptr;
}

net::PeerConnectionEvents Peers::events_of(const core::PeerId& peer, std::uint64_t session) {
  net::PeerConnectionEvents events;
  events.local_description = [this, peer, session](std::string sdp) {
    described(peer, session, std::move(sdp));
  };
  events.restart_description = [this, peer, session](bool offers, std::string sdp) {
    restart_described(peer, session, offers, std::move(sdp));
  };
  events.open = [this, peer, session] { opened(peer, session); };
  events.message = [this, peer, session](std::span<const std::uint8_t> bytes) {
    message(peer, session, bytes);
  };
  events.drained = [this, peer, session](std::size_t buffered) {
    if (find(peer, session))
      mind_.tell(&Swarm::peer_buffered, peer, buffered);
  };
  events.closed = [this, peer, session](const std::string& reason) {
    if (find(peer, session))
      lose(peer, reason);
  };
  return events;
}

Peers::Link& Peers::add(const core::PeerId& peer, Link::State state, std::uint64_t session) {
  net::PeerConnectionOptions options;
  options.certificate = certificate_;
  options.stun = reach_.stun;
  options.local_addresses = reach_.local_addresses;
  options.reserve = reserve_;
  auto& link = links_[peer];
  link.state = state;
  link.session = session;
  link.deadline = now() + set_up_within;
  link.connection =
      std::make_unique<net::PeerConnection>(context_, std::move(options), events_of(peer, session));
  arm();
  return link;
}

bool Peers::has_certificate() {
  if (!certificate_)
    certificate_ = net::Certificate::share();
  return certificate_ != nullptr;
}

void Peers::connect(const core::PeerId& peer) {
  if (links_.contains(peer))
    return;
  if (!has_certificate())
    return mind_.tell(&Swarm::peer_closed, peer);
  add(peer, Link::State::offering, random_()).connection->offer();
}

void Peers::described(const core::PeerId& peer, std::uint64_t session, std::string sdp) {
  auto* link = find(peer, session);
  if (!link)
    return;
  Signal signal;
  signal.kind = link->state == Link::State::offering ? Signal::Kind::offer : Signal::Kind::answer;
  signal.to = peer;
  signal.session = session;
  signal.sdp = std::move(sdp);
  if (!send_signal_(std::move(signal)))
    link->deadline = now() + not_sent_within;
  else
    link->answered = link->state == Link::State::answering;
}

/// When it cannot be sent, the connection lives as long as its old path.
void Peers::restart_described(const core::PeerId& peer, std::uint64_t session, bool offers,
                              std::string sdp) {
  if (!find(peer, session))
    return;
  Signal signal;
  signal.kind = offers ? Signal::Kind::offer : Signal::Kind::answer;
  signal.to = peer;
  signal.session = session;
  signal.sdp = std::move(sdp);
  send_signal_(std::move(signal));
}

void Peers::restart() {
  for (auto& [peer, link] : links_)
    if (link.state == Link::State::open)
      link.connection->restart_ice();
}

void Peers::opened(const core::PeerId& peer, std::uint64_t session) {
  auto* link = find(peer, session);
  if (!link || link->state == Link::State::open)
    return;
  link->state = Link::State::open;
  if (watch_.added)
    watch_.added(peer);
  mind_.tell(&Swarm::peer_opened, peer);
}

void Peers::message(const core::PeerId& peer, std::uint64_t session,
                    std::span<const std::uint8_t> bytes) {
  auto* link = find(peer, session);
  if (!link)
    return;
  mind_.tell(&Swarm::peer_message, peer, bytes);
}

void Peers::arrived(const Signal& signal) {
  if (signal.kind == Signal::Kind::offer)
    return offered(signal);
  auto* link = find(signal.from, signal.session);
  if (!link)
    return;
  bool negotiates = link->state != Link::State::open || link->connection->restarting();
  if (signal.kind == Signal::Kind::answer && link->state != Link::State::answering) {
    link->answered = true;
    link->connection->accept_answer(signal.sdp);
  } else if (signal.kind == Signal::Kind::candidates && negotiates) {
    link->connection->add_candidates(signal.candidates);
  } else if (signal.kind == Signal::Kind::refuse && link->state != Link::State::open) {
    link->answered = false; // busy, which says nothing about the path
    lose(signal.from, "refused");
  }
}

void Peers::offered(const Signal& offer) {
  auto found = links_.find(offer.from);
  bool crossing = false;
  if (found != links_.end()) {
    auto& link = found->second;
    // Who knows the session and repeats the certificate is the other side itself: an ICE restart.
    if (link.state == Link::State::open && link.session == offer.session)
      return link.connection->accept_offer(offer.sdp);
    if (link.state == Link::State::open) // anybody could say so; if it is true, ICE will tell
      return refuse(offer.from, offer.session, "connected already");
    if (link.session == offer.session)
      return;
    crossing = link.state == Link::State::offering;
    if (!crossing)
      put_away(offer.from,
               "offered anew"); // it begins again, and so do we; the core waits for one of them
  } else if (!has_certificate() || links_.size() >= max_peers_ + spare) {
    return refuse(offer.from, offer.session, "full");
  }
  bool restarted = found != links_.end() && !crossing;
  if (!restarted && !mind_.tell(&Swarm::offer_arrived, offer.from))
    return crossing ? void() : refuse(offer.from, offer.session, "full");
  if (crossing)
    put_away(offer.from, "offered as well");
  add(offer.from, Link::State::answering, offer.session).connection->accept_offer(offer.sdp);
}

void Peers::refuse(const core::PeerId& peer, std::uint64_t session, std::string reason) {
  Signal signal;
  signal.kind = Signal::Kind::refuse;
  signal.to = peer;
  signal.session = session;
  signal.reason = std::move(reason);
  send_signal_(std::move(signal));
}

void Peers::disconnect(const core::PeerId& peer, const std::string& reason) {
  auto found = links_.find(peer);
  if (found == links_.end())
    return;
  if (found->second.state != Link::State::open)
    refuse(peer, found->second.session, reason);
  put_away(peer, reason);
}

void Peers::send(const core::Send& send) {
  auto found = links_.find(send.to);
  if (found == links_.end() || found->second.state != Link::State::open)
    return;
  std::span<const std::uint8_t> body;
  if (send.chunk)
    body = {send.chunk.data(), send.size};
  // It takes nothing any more, or far too much is waiting: it is of no use to either side.
  if (!found->second.connection->send(send.header, body))
    return lose(send.to, "takes nothing any more");
  if (std::find(sent_to_.begin(), sent_to_.end(), send.to) == sent_to_.end())
    sent_to_.push_back(send.to);
}

// Who holds pieces back above its own mark must be told when there is room again.
static_assert(net::PeerConnection::low_mark <= core::send_low_mark);

void Peers::tell_sent() {
  auto peers = std::exchange(sent_to_, {});
  for (const auto& peer : peers) {
    auto found = links_.find(peer);
    if (found != links_.end() && found->second.state == Link::State::open)
      mind_.tell(&Swarm::peer_buffered, peer, found->second.connection->buffered());
  }
}

void Peers::lose(const core::PeerId& peer, const std::string& reason) {
  auto found = links_.find(peer);
  bool no_path =
      found != links_.end() && found->second.answered && found->second.state != Link::State::open;
  put_away(peer, reason);
  mind_.tell(no_path ? &Swarm::peer_unreachable : &Swarm::peer_closed, peer);
}

void Peers::put_away(const core::PeerId& peer, const std::string& reason) {
  auto link = links_.extract(peer);
  if (link.empty())
    return;
  if (link.mapped().state == Link::State::open && watch_.removed)
    watch_.removed(peer, reason);
  auto& connection = link.mapped().connection;
  closing_.push_back({std::move(connection), now() + close_after});
  arm();
}

void Peers::arm() {
  keep_reserve();
  if (!closing_.empty() || !links_.empty())
    timer_.arm_in(sweep_every);
}

void Peers::sweep() {
  auto time = now();
  std::erase_if(closing_, [&](const Closing& closing) { return closing.until <= time; });
  std::vector<core::PeerId> late;
  bool pending = !closing_.empty();
  for (const auto& [peer, link] : links_) {
    if (link.state == Link::State::open)
      continue;
    pending = true;
    if (link.deadline <= time)
      late.push_back(peer);
  }
  if (pending)
    timer_.arm_in(sweep_every);
  for (const auto& peer : late)
    lose(peer, "not connected in time");
}

} // namespace p2plive::viewer
