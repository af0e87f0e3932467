// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_network.h"

#include "core/prefetch.h"
#include "core/swarm.h"

#include <algorithm>
#include <utility>

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

const std::shared_ptr<SimNetwork::Line>& SimNetwork::line(const PeerId& of) const {
  static const std::shared_ptr<Line> none;
  auto found = lines_.find(of);
  return found != lines_.end() ? found->second : none;
}

SimNetwork::~SimNetwork() {
  for (auto& [id, line] : lines_) {
    line->turns.clear();
    line->connections.clear(); // each knows the lines that it connects
  }
}

void SimNetwork::attach(Node& node, const Access& access) {
  auto& line = lines_[node.id()];
  if (line)
    line->gone = true;
  line = std::make_shared<Line>();
  line->node = &node;
  line->down = SimLink(access.down);
  line->up = SimLink(access.up);
  line->nat = access.nat;
  line->slice = slice(access);
}

void SimNetwork::vanish(const PeerId& id) {
  auto gone = line(id);
  if (!gone)
    return;
  lines_.erase(id);
  gone->gone = true;
  gone->turns.clear();
  gone->others.clear();
  for (const auto& connection : std::exchange(gone->connections, {})) {
    connection->stuck = true;
    queue_.after(settings_.noticing, [this, connection, id] {
      if (connection->state == State::closed)
        return;
      remove(*connection);
      tell_closed(connection->other(id), id, queue_.now());
    });
  }
}

const SimNetwork::Shared* SimNetwork::find(const PeerId& a, const PeerId& b) const {
  // It is in the lists of both; the shorter one would do, but a viewer has few.
  const auto* here = line(a).get();
  const auto& other = here ? b : a;
  if (!here)
    here = line(b).get();
  if (!here)
    return nullptr;
  auto found = std::ranges::find(here->others, other);
  return found != here->others.end() ? &here->connections[found - here->others.begin()] : nullptr;
}

/// It is no longer the connection between its ends; events on their way find it closed.
void SimNetwork::remove(Connection& connection) {
  connection.state = State::closed;
  for (const auto& end : connection.ends) {
    auto here = line(end);
    if (!here)
      continue;
    auto found = std::ranges::find(here->connections, &connection, &Shared::get);
    if (found == here->connections.end())
      continue;
    here->others.erase(here->others.begin() + (found - here->connections.begin()));
    here->connections.erase(found);
  }
}

// Connecting.

SimNetwork::Shared SimNetwork::make(const PeerId& from, const PeerId& to) {
  if (const auto* old = find(from, to)) {
    auto held = *old;
    remove(*held);
  }
  auto connection = std::make_shared<Connection>();
  connection->ends = {std::min(from, to), std::max(from, to)};
  connection->one_way = drawn(settings_.rtt_least, settings_.rtt_most) / 2;
  for (const auto& end : connection->ends)
    if (const auto& here = line(end)) {
      here->others.push_back(connection->other(end));
      here->connections.push_back(connection);
    }
  return connection;
}

void SimNetwork::connect(const PeerId& from, const PeerId& to) {
  const auto* known = find(from, to);
  // Who offers while the other's offer is on its way: both arrive, and the ids settle it.
  bool crosses = known && (*known)->state == State::offered;
  auto connection = crosses ? *known : make(from, to);
  ++connection->offers;
  queue_.after(settings_.signalling, [=, this] { offer_arrives(from, connection); });
}

void SimNetwork::offer_arrives(const PeerId& from, const Shared& connection) {
  if (connection->state != State::offered)
    return;
  const auto& to = connection->other(from);
  auto origin = line(from), target = line(to);
  if (!target || !origin) {
    remove(*connection);
    tell_closed(from, to, queue_.now() + settings_.connect_timeout);
    return;
  }
  if (!target->node->offer_arrived(from)) {
    refused(from, connection);
    return;
  }
  connection->state = State::setting_up;
  if (!can_meet(origin->nat, target->nat)) {
    // Neither side knows before its patience ends.
    queue_.after(settings_.connect_timeout, [this, from, connection] {
      if (connection->state == State::closed)
        return;
      remove(*connection);
      tell_unreachable(from, connection->other(from));
      tell_unreachable(connection->other(from), from);
    });
    return;
  }
  auto wait = settings_.signalling + 2 * round_trips_of_set_up * connection->one_way;
  queue_.after(wait, [=, this] { set_up(from, connection); });
}

/// Of two offers that crossed one goes on.
void SimNetwork::refused(const PeerId& from, const Shared& connection) {
  if (++connection->refusals < connection->offers)
    return;
  const auto& to = connection->other(from);
  remove(*connection);
  tell_closed(from, to, queue_.now() + settings_.signalling);
  if (connection->offers > 1)
    tell_closed(to, from, queue_.now() + settings_.signalling);
}

void SimNetwork::set_up(const PeerId& from, const Shared& connection) {
  const auto& to = connection->other(from);
  auto origin = line(from), target = line(to);
  if (connection->state != State::setting_up || connection->stuck || !origin || !target)
    return;
  connection->state = State::open;
  for (std::size_t side = 0; side < 2; ++side)
    connection->lines[side] = line(connection->ends[side]);
  target->node->opened(from);
  // The first might have closed it at once, or even left.
  if (connection->state == State::open && line(from) == origin)
    origin->node->opened(to);
}

void SimNetwork::disconnect(const PeerId& from, const PeerId& to) {
  const auto* found = find(from, to);
  if (!found)
    return;
  auto connection = *found;
  auto before = connection->state;
  connection->closed_by = from;
  remove(*connection);
  if (before == State::offered || connection->stuck)
    return;
  auto side = connection->side(from);
  if (before == State::open) {
    // What is short is flushed before the close: a bye arrives.
    auto waiting = std::exchange(connection->lanes[side].waiting, {});
    connection->lanes[1 - side].waiting.clear();
    for (auto& message : waiting)
      if (message.size == 0)
        deliver(queue_.now(), {connection, side == 1}, std::move(message));
  }
  tell_closed(to, from,
              std::max(queue_.now() + connection->one_way, connection->lanes[side].arrived) + 1us);
}

void SimNetwork::tell_closed(const PeerId& who, const PeerId& of, Time at) {
  queue_.at(at, [this, who, of] {
    // A new connection between the two may exist by now.
    if (auto here = line(who); here && !find(who, of))
      here->node->closed(of);
  });
}

void SimNetwork::tell_unreachable(const PeerId& who, const PeerId& of) {
  if (auto here = line(who); here && !find(who, of))
    here->node->unreachable(of);
}

// Sending.

void SimNetwork::send(const PeerId& from, const PeerId& to, Message message) {
  const auto* found = find(from, to);
  if (!found || (*found)->state != State::open)
    return;
  const auto& connection = *found;
  auto side = connection->side(from);
  auto& lane = connection->lanes[side];
  if (message.size > 0)
    lane.buffered += message.bytes();
  lane.waiting.push_back(std::move(message));
  auto line = connection->lines[side];
  if (lane.waiting.size() == 1)
    line->turns.push_back({connection, side == 1});
  if (!line->sending)
    pump(line);
}

std::size_t SimNetwork::buffered(const PeerId& from, const PeerId& to) const {
  const auto* found = find(from, to);
  return found ? (*found)->lanes[(*found)->side(from)].buffered : 0;
}

/// A slice of each connection in turn. Short messages take the line's time and no event of their
/// own.
void SimNetwork::pump(const std::shared_ptr<Line>& line) {
  while (!line->turns.empty()) {
    auto turn = line->turns.pop_front();
    auto& lane = turn.connection->lanes[turn.from_second];
    if (turn.connection->state != State::open || turn.connection->stuck || lane.waiting.empty())
      continue;
    auto& first = lane.waiting.front();
    auto bytes = std::min(line->slice, first.bytes() - lane.sent_of_first);
    auto through = line->up.send(queue_.now(), bytes);
    if (first.size > 0) {
      line->sending = true;
      queue_.at(through, [this, line, turn, bytes] { slice_sent(line, turn, bytes); });
      return;
    }
    lane.sent_of_first += bytes;
    if (lane.sent_of_first == first.bytes()) {
      auto message = lane.waiting.pop_front();
      lane.sent_of_first = 0;
      deliver(through, turn, std::move(message));
    }
    if (!lane.waiting.empty())
      line->turns.push_back(std::move(turn));
  }
}

void SimNetwork::slice_sent(const std::shared_ptr<Line>& line, const Turn& turn,
                            std::size_t bytes) {
  line->sending = false;
  auto& connection = *turn.connection;
  if (connection.state == State::open && !connection.stuck) {
    auto& lane = connection.lanes[turn.from_second];
    auto before = lane.buffered;
    lane.buffered -= bytes;
    lane.sent_of_first += bytes;
    if (lane.sent_of_first == lane.waiting.front().bytes()) {
      auto message = lane.waiting.pop_front();
      lane.sent_of_first = 0;
      deliver(queue_.now(), turn, std::move(message));
    }
    if (!lane.waiting.empty())
      line->turns.push_back(turn);
    if ((before >= core::send_low_mark && lane.buffered < core::send_low_mark) ||
        lane.buffered == 0)
      line->node->buffered(connection.ends[!turn.from_second], lane.buffered);
  }
  if (!line->sending)
    pump(line);
}

/// `sent`: when the last byte of it has gone through the sender's line.
void SimNetwork::deliver(Time sent, const Turn& turn, Message message) {
  auto& connection = *turn.connection;
  auto& lane = connection.lanes[turn.from_second];
  auto way = connection.one_way;
  std::bernoulli_distribution lost(settings_.loss);
  while (settings_.loss > 0 && lost(random_))
    way += 3 * connection.one_way; // noticed by the receiver, asked for, sent again
  auto& target = *connection.lines[!turn.from_second];
  auto received = std::max(target.down.send(queue_.now(), message.bytes()), sent);
  lane.arrived = std::max(received + way, lane.arrived);
  queue_.at(lane.arrived, Arrival{*this, turn, std::move(message)});
}

void SimNetwork::Arrival::approach(unsigned step) const {
  if (step == 0) {
    core::prefetch(*turn.connection);
    core::prefetch_at(message.header.data());
    return;
  }
  const auto* target = turn.connection->lines[!turn.from_second].get();
  if (step == 1)
    core::prefetch(*target);
  else if (target->gone)
    return; // with its node, perhaps
  else if (step == 2)
    core::prefetch_at(target->node);
  else
    target->node->prepare_message(turn.connection->ends[turn.from_second], step - 3);
}

void SimNetwork::prepare_send(const PeerId& from, const PeerId& to, unsigned step) const {
  const auto* found = find(from, to);
  if (!found)
    return;
  const auto& connection = **found;
  auto side = connection.side(from);
  if (step == 0)
    core::prefetch(connection);
  else if (connection.lines[1 - side]) {
    core::prefetch_at(&connection.lines[1 - side]->down);
    connection.lanes[side].waiting.prefetch();
  }
}

void SimNetwork::arrive(const Turn& turn, const Message& message) {
  const auto& connection = *turn.connection;
  const auto& from = connection.ends[turn.from_second];
  const auto& to = connection.ends[!turn.from_second];
  bool flushed = message.size == 0 && connection.closed_by == from && !find(from, to);
  const auto& target = connection.lines[!turn.from_second];
  if ((connection.state != State::open && !flushed) || target->gone)
    return;
  carried_ += message.bytes();
  if (message.size == 0) {
    target->node->message(from, message.header);
    return;
  }
  arriving_.resize(std::max(arriving_.size(), message.bytes()));
  std::ranges::copy(message.header, arriving_.begin());
  if (!message.chunk.hollow())
    std::copy_n(message.chunk.data(), message.size, arriving_.data() + message.header.size());
  target->node->message(from, std::span(arriving_).first(message.bytes()));
}

Time SimNetwork::receive(const PeerId& to, std::uint64_t bytes) {
  const auto& here = line(to);
  return here ? here->down.send(queue_.now(), bytes) : queue_.now();
}

Duration SimNetwork::drawn(Duration least, Duration most) {
  return least + Duration(static_cast<std::int64_t>(
                     random_() % static_cast<std::uint64_t>((most - least).count() + 1)));
}

} // namespace p2plive::sim
