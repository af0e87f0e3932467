// The network between viewers: access lines with rates, round trips, loss, and the connections
// (signalling, set-up, messages in order, close) that stand on them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "sim/access.h"
#include "sim/event_queue.h"
#include "sim/fifo.h"
#include "sim/node.h"
#include "sim/sim_link.h"

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <unordered_map>
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
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  /// `node` must be detached before it goes.
  void attach(Node& node, const Access& access);
  /// It leaves without a word: what is connected to it notices after a while.
  void vanish(const PeerId& id);
  bool attached(const PeerId& id) const { return lines_.contains(id); }

  /// As core's Connect and Disconnect.
  void connect(const PeerId& from, const PeerId& to);
  void disconnect(const PeerId& from, const PeerId& to);

  void send(const PeerId& from, const PeerId& to, Message message);
  /// It is about to be called, for several: the processor is to fetch what it will need, in
  /// send_steps steps, each for all of them before the next.
  void prepare_send(const PeerId& from, const PeerId& to, unsigned step) const;
  static constexpr unsigned send_steps = 2;
  /// Bytes of pieces given to send() that have not left yet. Shorter messages do not count: telling
  /// of each that it has gone would double the number of events.
  std::size_t buffered(const PeerId& from, const PeerId& to) const;

  /// When `bytes` from elsewhere (the CDN), sent to this viewer now, will have arrived.
  Time receive(const PeerId& to, std::uint64_t bytes);

  std::uint64_t carried() const { return carried_; } ///< bytes of messages delivered

private:
  struct Connection;
  /// One direction of a connection.
  struct Lane {
    Fifo<Message> waiting;
    std::size_t buffered = 0; ///< bytes of pieces
    std::size_t sent_of_first = 0;
    Time arrived{}; ///< the last message: they keep their order
  };
  /// A lane that has something to send.
  struct Turn {
    std::shared_ptr<Connection> connection;
    bool from_second = false;
  };
  struct Line {
    Node* node = nullptr;
    SimLink down;
    SimLink up;
    Nat nat = Nat::open;
    std::size_t slice = 0; ///< bytes that one connection sends before it is the next one's turn
    bool sending = false;
    Fifo<Turn> turns;
    bool gone = false; ///< it has vanished, or another was attached in its place
    // Of whatever state, in the order in which they were made; whom with lies by itself, for it is
    // looked through for every message.
    std::vector<PeerId> others;
    std::vector<std::shared_ptr<Connection>> connections;
  };
  enum class State { offered, setting_up, open, closed };
  struct Connection {
    std::array<PeerId, 2> ends;                 ///< the lower id first
    std::array<std::shared_ptr<Line>, 2> lines; ///< while it is open
    std::array<Lane, 2> lanes;                  ///< by sender
    State state = State::offered;
    unsigned offers = 0; ///< 2: they crossed
    unsigned refusals = 0;
    Duration one_way{};
    bool stuck = false; ///< one end has vanished
    std::optional<PeerId> closed_by;
    std::size_t side(const PeerId& end) const { return end == ends[1]; }
    const PeerId& other(const PeerId& end) const { return ends[1 - side(end)]; }
  };
  using Shared = std::shared_ptr<Connection>;
  /// The event that a message has arrived.
  struct Arrival {
    SimNetwork& network;
    Turn turn;
    Message message;
    void operator()() const { network.arrive(turn, message); }
    void approach(unsigned step) const;
  };

  /// Null: there is none. Valid until the next change.
  const Shared* find(const PeerId& a, const PeerId& b) const;
  const std::shared_ptr<Line>& line(const PeerId& of) const;
  Shared make(const PeerId& from, const PeerId& to);
  void remove(Connection& connection);
  void offer_arrives(const PeerId& from, const Shared& connection);
  void refused(const PeerId& from, const Shared& connection);
  void set_up(const PeerId& from, const Shared& connection);
  void tell_closed(const PeerId& who, const PeerId& of, Time at);
  void tell_unreachable(const PeerId& who, const PeerId& of);

  void pump(const std::shared_ptr<Line>& line);
  void slice_sent(const std::shared_ptr<Line>& line, const Turn& turn, std::size_t bytes);
  void deliver(Time sent, const Turn& turn, Message message);
  void arrive(const Turn& turn, const Message& message);
  Duration drawn(Duration least, Duration most);

  EventQueue& queue_;
  NetworkSettings settings_;
  std::mt19937_64 random_;
  std::unordered_map<PeerId, std::shared_ptr<Line>> lines_;
  std::uint64_t carried_ = 0;
  std::vector<std::uint8_t> arriving_; ///< header and chunk of a piece, while it is told
};

} // namespace p2plive::sim
