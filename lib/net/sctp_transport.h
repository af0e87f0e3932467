// One SCTP association over DTLS (RFC 8261, RFC 8831 section 6), on usrsctp.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/sctp_departures.h"
#include "net/sctp_stack.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct socket;

namespace p2plive::net {

/// Lives on the context's thread. `output` and `wake` come at any time, also from within a call;
/// the other events only from within serve().
class SctpTransport final : private SctpEnd {
public:
  struct Options {
    std::uint16_t local_port = 5000, remote_port = 5000;
    std::size_t max_message = 262'144; ///< a longer one received ends the association
  };
  struct Events {
    std::function<void(std::span<const std::uint8_t>)> output; ///< one packet to send
    std::function<void()> wake;                                ///< wants to be served
    std::function<void()> connected;
    std::function<void(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t>)>
        message;                                     ///< whole; valid during the call
    std::function<void(std::uint16_t stream)> reset; ///< the other side has closed that stream
    std::function<void(std::string)> failed;         ///< once
  };
  enum class Sent { yes, full, no }; ///< full: again when writable

  /// A message larger than SNDBUF cannot be sent at all. Not much more than the largest one: it
  /// bounds what one connection has on its way, and so how long the others wait for their turn.
  static constexpr std::size_t send_buffer = 320 * 1024;

  SctpTransport(std::shared_ptr<SctpStack> stack, Events events);
  ~SctpTransport();
  SctpTransport(const SctpTransport&) = delete;
  SctpTransport& operator=(const SctpTransport&) = delete;

  /// Both sides connect at once (RFC 8831 section 6.2 leaves the roles to SCTP's collision rules).
  void start(const Options& options);
  bool started() const { return socket_ != nullptr; }
  /// One packet; those that come before start() must be kept by the caller: usrsctp would answer.
  void input(std::span<const std::uint8_t> packet);
  /// Reads what has arrived, a bounded number of messages; true when there is more.
  bool serve();
  /// Streams that we may send on; 0 until connected.
  std::uint16_t outgoing_streams() const { return outgoing_streams_; }
  Sent send(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> message);
  /// Bytes of messages taken that have not left yet: they wait for the path, or for room at the
  /// receiver (RFC 9260 section 6.1). What is on its way is bounded by send_buffer.
  std::size_t unsent() const { return static_cast<std::size_t>(taken_ - departures_.bytes()); }
  void reset(std::uint16_t stream);
  /// True once after space was made in the send buffer.
  bool take_writable() { return std::exchange(writable_, false); }
  /// Aborts the association, which tells the other side at once.
  void close();

private:
  void sctp_output(std::span<const std::uint8_t> packet) override;
  void tick(std::chrono::milliseconds elapsed) override;
  bool open_socket(const Options& options);
  bool configure(const Options& options);
  bool read_one();
  void take(std::span<const std::uint8_t> piece, bool whole, std::uint16_t stream,
            std::uint32_t ppid);
  void notified(std::span<const std::uint8_t> notification);
  void association_changed(std::span<const std::uint8_t> notification);
  void streams_reset(std::span<const std::uint8_t> notification);
  void probe();
  void fail(std::string reason);
  void doom(std::string reason);

  std::shared_ptr<SctpStack> stack_;
  Events events_;
  void* address_ = nullptr;
  struct socket* socket_ = nullptr;
  std::uint16_t remote_port_ = 0;
  std::size_t max_message_ = 0;
  std::uint16_t outgoing_streams_ = 0;
  bool readable_ = false, writable_ = false, failed_ = false;
  std::string doom_;                   ///< a failure noted outside serve()
  std::vector<std::uint8_t> gathered_; ///< pieces of a message up to MSG_EOR
  std::chrono::milliseconds silent_{0}, since_probe_{0};
  std::uint64_t taken_ = 0; ///< bytes of messages
  SctpDepartures departures_;
};

} // namespace p2plive::net
