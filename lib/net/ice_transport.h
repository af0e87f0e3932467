// Datagrams to and from the other side, over the best path that ICE finds (RFC 8445), on libnice.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/peer_connection.h"
#include "net/selected_path.h"
#include "net/udp_path.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

typedef struct _NiceAgent NiceAgent;
typedef struct _NiceCandidate NiceCandidate;

namespace p2plive::net {

/// Lives on the context's thread. Everything is polled: `wake` says that there is something new,
/// possibly from within a call. libnice wants the context to run on for a moment after close().
class IceTransport {
public:
  struct Options {
    bool controlling = false;
    std::optional<StunServer> stun;
    std::vector<std::string> local_addresses; ///< numeric; none: all but loopback
  };
  IceTransport(GMainContext* context, Options options, std::function<void()> wake);
  ~IceTransport();
  IceTransport(const IceTransport&) = delete;
  IceTransport& operator=(const IceTransport&) = delete;

  /// False when no socket can be had on any of the addresses.
  bool gather();
  bool gathered() const { return gathered_; }
  /// How long ago gather() was.
  std::chrono::nanoseconds gathering_for() const { return Clock::now() - gathering_since_; }
  /// Another owner, who may want the other role: then with other credentials. Before there are
  /// remote ones.
  void hand_over(bool controlling, std::function<void()> wake);
  bool controlling() const;
  bool connected() const { return connected_; }
  bool failed() const { return failed_; } ///< also: consent to send was lost (RFC 7675)

  std::optional<SelectedPath> selected_path() const; ///< none before it is connected

  std::string ufrag() const { return ufrag_; }
  std::string password() const { return password_; }
  /// "candidate:..." lines, the ones known so far.
  std::vector<std::string> local_candidates() const;

  bool set_remote_credentials(const std::string& ufrag, const std::string& password);
  /// After the credentials, at any time; what cannot be used is passed over.
  void add_remote_candidates(const std::vector<std::string>& lines);

  /// The oldest datagram received, valid until the next call into this object.
  std::optional<std::span<const std::uint8_t>> next();
  bool has_next() const { return next_length_ < lengths_.size(); }
  std::uint64_t received_bytes() const { return received_bytes_; }

  /// Collects datagrams; they leave with flush(), or when a batch is full. UDP has no notion of
  /// "writable" here: what the socket does not take is lost, as on any other path.
  void send(std::span<const std::uint8_t> datagram);
  bool has_batch() const { return !out_lengths_.empty(); }
  void flush();

  void close();

private:
  using Clock = std::chrono::steady_clock;

  static void on_gathered(NiceAgent*, unsigned stream, void* self);
  static void on_state(NiceAgent*, unsigned stream, unsigned component, unsigned state, void* self);
  static void on_selected_pair(NiceAgent*, unsigned stream, unsigned component,
                               NiceCandidate* local, NiceCandidate* remote, void* self);
  static void on_datagram(NiceAgent*, unsigned stream, unsigned component, unsigned size,
                          char* bytes, void* self);
  void set_up_agent(const Options& options);
  void read_credentials();
  void add_local_addresses();
  void forget_received();
  void take_path();
  void flush_by_agent();

  GMainContext* context_;
  std::function<void()> wake_;
  std::vector<std::string> local_addresses_;
  bool on_loopback_ = false;
  NiceAgent* agent_ = nullptr;
  unsigned stream_ = 0;
  std::string ufrag_, password_;
  Clock::time_point gathering_since_;
  bool gathered_ = false, connected_ = false, failed_ = false;
  std::size_t remote_candidates_ = 0;

  std::vector<std::uint8_t> received_; ///< datagrams, end to end
  std::vector<std::uint16_t> lengths_;
  std::size_t next_length_ = 0, next_byte_ = 0;
  std::uint64_t received_bytes_ = 0;

  UdpPath path_; ///< once there is one
  std::vector<std::uint8_t> out_;
  std::vector<std::uint16_t> out_lengths_;
};

} // namespace p2plive::net
