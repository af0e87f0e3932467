// The network between viewers: access lines with rates, round trips, loss, and the connections
// (signalling, set-up, messages in order, close) that stand on them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "sim/access.h"
#include "sim/event_queue.h"
#include "sim/node.h"
#include "sim/sim_link.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace p2plive::sim {

struct NetworkSettings {
  Duration rtt_least = 20ms; ///< each pair's is drawn between the two
  Duration rtt_most = 80ms;
  double loss = 0;            ///< share of messages that have to be sent again
  Duration signalling = 60ms; ///< an offer's or an answer's way by the broker
  Duration noticing = 3s;     ///< until a peer that vanished is noticed
  Duration connect_timeout = 10s;
};

/// One message of a data channel: `header`, then `size` bytes of `chunk`.
struct Message {
  std::vector<std::uint8_t> header;
  core::ChunkRef chunk;
  std::size_t size = 0;
  std::size_t bytes() const { return header.size() + size; }
};

class SimNetwork {
public:
  SimNetwork(EventQueue& queue, const NetworkSettings& settings, std::uint64_t seed)
      : queue_(queue), settings_(settings), random_(seed) {}

  /// `node` must be detached before it goes.
  void attach(Node& node, const Access& access);
  /// It leaves without a word: what is connected to it notices after a while.
  void vanish(const PeerId& id);
  bool attached(const PeerId& id) const { return lines_.contains(id); }

  /// As core's Connect and Disconnect.
  void connect(const PeerId& from, const PeerId& to);
  void disconnect(const PeerId& from, const PeerId& to);

  void send(const PeerId& from, const PeerId& to, Message message);
  /// Bytes given to send() that have not left yet.
  std::size_t buffered(const PeerId& from, const PeerId& to) const;

  /// When `bytes` from elsewhere (the CDN), sent to this viewer now, will have arrived.
  Time receive(const PeerId& to, std::uint64_t bytes);

  std::uint64_t carried() const { return carried_; } ///< bytes of messages delivered

private:
  /// One direction of a connection.
  struct Lane {
    std::deque<Message> waiting;
    std::size_t buffered = 0;
    std::size_t sent_of_first = 0;
    Time arrived{}; ///< the last message: they keep their order
  };
  enum class State { offered, setting_up, open };
  struct Connection {
    State state = State::offered;
    unsigned offers = 0; ///< 2: they crossed
    unsigned refusals = 0;
    std::uint64_t number = 0; ///< events of an older one between the same two are void
    Duration one_way{};
    bool stuck = false;           ///< one end has vanished
    std::map<PeerId, Lane> lanes; ///< by sender
  };
  using Pair = std::pair<PeerId, PeerId>; ///< the lower id first
  struct Line {
    Node* node = nullptr;
    SimLink down;
    SimLink up;
    Nat nat = Nat::open;
    std::size_t slice = 0; ///< bytes that one connection sends before it is the next one's turn
    bool sending = false;
    PeerId turn; ///< whose lane was served last
  };

  static Pair pair(const PeerId& a, const PeerId& b) { return a < b ? Pair{a, b} : Pair{b, a}; }
  Connection* find(const PeerId& a, const PeerId& b);
  const Connection* find(const PeerId& a, const PeerId& b) const;
  Connection* find(const PeerId& a, const PeerId& b, std::uint64_t number);
  void offer_arrives(const PeerId& from, const PeerId& to, std::uint64_t number);
  void refused(const PeerId& from, const PeerId& to, Connection& connection);
  void set_up(const PeerId& from, const PeerId& to, std::uint64_t number);
  void tell_closed(const PeerId& who, const PeerId& of, Duration after);
  void tell_unreachable(const PeerId& who, const PeerId& of);
  Connection& make(const PeerId& from, const PeerId& to);

  void pump(const PeerId& from);
  std::optional<PeerId> next_lane(const Line& line, const PeerId& from);
  void slice_sent(const PeerId& from, const PeerId& to, std::uint64_t number, std::size_t bytes);
  void deliver(const PeerId& from, const PeerId& to, std::uint64_t number, Message message);
  void arrive(const PeerId& from, const PeerId& to, std::uint64_t number, const Message& message);
  Duration drawn(Duration least, Duration most);

  EventQueue& queue_;
  NetworkSettings settings_;
  std::mt19937_64 random_;
  std::map<PeerId, Line> lines_;
  std::map<Pair, Connection> connections_;
  std::map<PeerId, std::vector<PeerId>> peers_; ///< open, in order of id; for the turns
  std::uint64_t numbers_ = 0;
  std::uint64_t carried_ = 0;
  std::vector<std::uint8_t> arriving_; ///< header and chunk of a piece, while it is told
};

} // namespace p2plive::sim
