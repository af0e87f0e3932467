// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_network.h"

#include "core/swarm.h"

#include <algorithm>

namespace p2plive::sim {

namespace {
/// Connections share a line in slices of so much time, as packets of several associations do; no
/// smaller than a packet, and larger ones only cost time to simulate.
constexpr double slice_seconds = 0.03;
constexpr std::size_t least_slice = 1'200, most_slice = 16 * 1024;

std::size_t slice(const Access& access) {
  auto bytes = static_cast<double>(access.up) / 8 * slice_seconds;
  return access.up == 0 ? most_slice
                        : std::clamp(static_cast<std::size_t>(bytes), least_slice, most_slice);
}
/// DTLS, SCTP and the data channel after ICE has found a pair.
constexpr int round_trips_of_set_up = 5;
} // namespace

void SimNetwork::attach(Node& node, const Access& access) {
  auto& line = lines_[node.id()];
  line.node = &node;
  line.down = SimLink(access.down);
  line.up = SimLink(access.up);
  line.nat = access.nat;
  line.slice = slice(access);
}

void SimNetwork::vanish(const PeerId& id) {
  lines_.erase(id);
  for (auto& [ends, connection] : connections_) {
    if (ends.first != id && ends.second != id)
      continue;
    connection.stuck = true;
    auto other = ends.first == id ? ends.second : ends.first;
    queue_.after(settings_.noticing, [this, other, id, number = connection.number] {
      if (!find(other, id, number))
        return;
      connections_.erase(pair(other, id));
      std::erase(peers_[other], id);
      tell_closed(other, id, 0ns);
    });
  }
  peers_.erase(id);
}

SimNetwork::Connection* SimNetwork::find(const PeerId& a, const PeerId& b) {
  auto found = connections_.find(pair(a, b));
  return found != connections_.end() ? &found->second : nullptr;
}

const SimNetwork::Connection* SimNetwork::find(const PeerId& a, const PeerId& b) const {
  auto found = connections_.find(pair(a, b));
  return found != connections_.end() ? &found->second : nullptr;
}

SimNetwork::Connection* SimNetwork::find(const PeerId& a, const PeerId& b, std::uint64_t number) {
  auto* connection = find(a, b);
  return connection && connection->number == number ? connection : nullptr;
}

// Connecting.

SimNetwork::Connection& SimNetwork::make(const PeerId& from, const PeerId& to) {
  auto& connection = connections_[pair(from, to)];
  connection = {};
  connection.number = ++numbers_;
  connection.one_way = drawn(settings_.rtt_least, settings_.rtt_most) / 2;
  return connection;
}

void SimNetwork::connect(const PeerId& from, const PeerId& to) {
  auto* known = find(from, to);
  // Who offers while the other's offer is on its way: both arrive, and the ids settle it.
  bool crosses = known && known->state == State::offered;
  auto& connection = crosses ? *known : make(from, to);
  ++connection.offers;
  auto number = connection.number;
  queue_.after(settings_.signalling, [this, from, to, number] { offer_arrives(from, to, number); });
}

void SimNetwork::offer_arrives(const PeerId& from, const PeerId& to, std::uint64_t number) {
  auto* connection = find(from, to, number);
  if (!connection || connection->state != State::offered)
    return;
  auto origin = lines_.find(from), target = lines_.find(to);
  if (target == lines_.end() || origin == lines_.end()) {
    connections_.erase(pair(from, to));
    tell_closed(from, to, settings_.connect_timeout);
    return;
  }
  if (!target->second.node->offer_arrived(from)) {
    refused(from, to, *connection);
    return;
  }
  connection->state = State::setting_up;
  if (!can_meet(origin->second.nat, target->second.nat)) {
    // Neither side knows before its patience ends.
    queue_.after(settings_.connect_timeout, [this, from, to, number] {
      if (!find(from, to, number))
        return;
      connections_.erase(pair(from, to));
      tell_unreachable(from, to);
      tell_unreachable(to, from);
    });
    return;
  }
  auto wait = settings_.signalling + 2 * round_trips_of_set_up * connection->one_way;
  queue_.after(wait, [this, from, to, number] { set_up(from, to, number); });
}

/// Of two offers that crossed one goes on.
void SimNetwork::refused(const PeerId& from, const PeerId& to, Connection& connection) {
  if (++connection.refusals < connection.offers)
    return;
  bool crossed = connection.offers > 1;
  connections_.erase(pair(from, to));
  tell_closed(from, to, settings_.signalling);
  if (crossed)
    tell_closed(to, from, settings_.signalling);
}

void SimNetwork::set_up(const PeerId& from, const PeerId& to, std::uint64_t number) {
  auto* connection = find(from, to, number);
  if (!connection || connection->stuck || !lines_.contains(from) || !lines_.contains(to))
    return;
  connection->state = State::open;
  for (const auto& [own, other] : {std::pair{from, to}, std::pair{to, from}}) {
    auto& peers = peers_[own];
    peers.insert(std::lower_bound(peers.begin(), peers.end(), other), other);
    connection->lanes[own];
  }
  lines_.at(to).node->opened(from);
  // The first might have closed it at once, or even left.
  if (find(from, to, number) && lines_.contains(from))
    lines_.at(from).node->opened(to);
}

void SimNetwork::disconnect(const PeerId& from, const PeerId& to) {
  auto* connection = find(from, to);
  if (!connection)
    return;
  auto old = std::move(*connection);
  connections_.erase(pair(from, to));
  if (old.state == State::offered || old.stuck)
    return;
  if (old.state == State::open) {
    std::erase(peers_[from], to);
    std::erase(peers_[to], from);
    // What is short is flushed before the close: a bye arrives.
    for (auto& message : old.lanes[from].waiting)
      if (message.size == 0)
        queue_.after(old.one_way, [this, from, to, words = std::move(message.header)] {
          if (auto found = lines_.find(to); found != lines_.end() && !find(from, to))
            found->second.node->message(from, words);
        });
  }
  tell_closed(to, from, old.one_way + 1us);
}

void SimNetwork::tell_closed(const PeerId& who, const PeerId& of, Duration after) {
  queue_.after(after, [this, who, of] {
    // A new connection between the two may exist by now.
    if (auto found = lines_.find(who); found != lines_.end() && !find(who, of))
      found->second.node->closed(of);
  });
}

void SimNetwork::tell_unreachable(const PeerId& who, const PeerId& of) {
  if (auto found = lines_.find(who); found != lines_.end() && !find(who, of))
    found->second.node->unreachable(of);
}

// Sending.

void SimNetwork::send(const PeerId& from, const PeerId& to, Message message) {
  auto* connection = find(from, to);
  if (!connection || connection->state != State::open)
    return;
  auto& lane = connection->lanes[from];
  lane.buffered += message.bytes();
  lane.waiting.push_back(std::move(message));
  pump(from);
}

std::size_t SimNetwork::buffered(const PeerId& from, const PeerId& to) const {
  auto* connection = find(from, to);
  if (!connection)
    return 0;
  auto lane = connection->lanes.find(from);
  return lane != connection->lanes.end() ? lane->second.buffered : 0;
}

std::optional<PeerId> SimNetwork::next_lane(const Line& line, const PeerId& from) {
  const auto& peers = peers_[from];
  auto begin = std::upper_bound(peers.begin(), peers.end(), line.turn) - peers.begin();
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const auto& peer = peers[(static_cast<std::size_t>(begin) + i) % peers.size()];
    auto* connection = find(from, peer);
    if (connection && !connection->stuck && !connection->lanes[from].waiting.empty())
      return peer;
  }
  return {};
}

void SimNetwork::pump(const PeerId& from) {
  auto found = lines_.find(from);
  if (found == lines_.end() || found->second.sending)
    return;
  auto& line = found->second;
  auto to = next_lane(line, from);
  if (!to)
    return;
  line.turn = *to;
  line.sending = true;
  auto* connection = find(from, *to);
  auto& lane = connection->lanes[from];
  auto bytes = std::min(line.slice, lane.waiting.front().bytes() - lane.sent_of_first);
  auto through = line.up.send(queue_.now(), bytes);
  queue_.at(through, [this, from, to = *to, number = connection->number, bytes] {
    slice_sent(from, to, number, bytes);
  });
}

void SimNetwork::slice_sent(const PeerId& from, const PeerId& to, std::uint64_t number,
                            std::size_t bytes) {
  auto found = lines_.find(from);
  if (found == lines_.end())
    return;
  found->second.sending = false;
  if (auto* connection = find(from, to, number); connection && !connection->stuck) {
    auto& lane = connection->lanes[from];
    auto before = lane.buffered;
    lane.buffered -= bytes;
    lane.sent_of_first += bytes;
    if (lane.sent_of_first == lane.waiting.front().bytes()) {
      auto message = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      lane.sent_of_first = 0;
      deliver(from, to, number, std::move(message));
    }
    if ((before >= core::send_low_mark && lane.buffered < core::send_low_mark) ||
        lane.buffered == 0)
      found->second.node->buffered(to, lane.buffered);
  }
  pump(from);
}

void SimNetwork::deliver(const PeerId& from, const PeerId& to, std::uint64_t number,
                         Message message) {
  auto target = lines_.find(to);
  auto* connection = find(from, to, number);
  if (target == lines_.end() || !connection)
    return;
  auto& lane = connection->lanes[from];
  auto way = connection->one_way;
  std::bernoulli_distribution lost(settings_.loss);
  while (settings_.loss > 0 && lost(random_))
    way += 3 * connection->one_way; // noticed by the receiver, asked for, sent again
  auto at = std::max(target->second.down.send(queue_.now(), message.bytes()) + way, lane.arrived);
  lane.arrived = at;
  queue_.at(at, [this, from, to, number, message = std::move(message)] {
    arrive(from, to, number, message);
  });
}

void SimNetwork::arrive(const PeerId& from, const PeerId& to, std::uint64_t number,
                        const Message& message) {
  auto target = lines_.find(to);
  if (target == lines_.end() || !find(from, to, number))
    return;
  carried_ += message.bytes();
  if (message.size == 0) {
    target->second.node->message(from, message.header);
    return;
  }
  arriving_.assign(message.header.begin(), message.header.end());
  arriving_.insert(arriving_.end(), message.chunk.data(), message.chunk.data() + message.size);
  target->second.node->message(from, arriving_);
}

Time SimNetwork::receive(const PeerId& to, std::uint64_t bytes) {
  auto found = lines_.find(to);
  return found == lines_.end() ? queue_.now() : found->second.down.send(queue_.now(), bytes);
}

Duration SimNetwork::drawn(Duration least, Duration most) {
  return least + Duration(static_cast<std::int64_t>(
                     random_() % static_cast<std::uint64_t>((most - least).count() + 1)));
}

} // namespace p2plive::sim
