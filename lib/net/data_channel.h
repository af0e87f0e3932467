// The one data channel of a connection (RFC 8831, RFC 8832): reliable, ordered, whole messages.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/sctp_transport.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::net {

/// Lives on the context's thread. Its events come only from within begin(), received(),
/// stream_reset() and tell_drained().
class DataChannel {
public:
  struct Events {
    std::function<void()> open;
    std::function<void(std::span<const std::uint8_t>)> message;
    std::function<void(std::size_t buffered)> drained;
    std::function<void(std::string)> failed;
  };

  static constexpr const char* label = "p2plive";
  static constexpr std::size_t high_mark = 16 * 1024 * 1024; ///< more does not wait
  static constexpr std::size_t low_mark = 48 * 1024;

  /// `negotiated`: the stream, when both sides have agreed on it beforehand, and DCEP is not
  /// spoken.
  DataChannel(SctpTransport& sctp, Events events, std::optional<std::uint16_t> negotiated = {});

  /// The association is up. Who opens the channel takes an even stream as DTLS client, an odd one
  /// as its server (RFC 8832 section 6); the other side waits for it.
  void begin(bool opens, bool dtls_client, std::size_t remote_max_message);
  void received(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> message);
  void stream_reset(std::uint16_t stream);

  /// False when not open, too large for the other side, or high_mark would be passed.
  bool send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body);
  /// Gives SCTP what it takes of the queue.
  void flush();
  /// Tells when buffered() has fallen under low_mark, and when it has become 0.
  void tell_drained();
  /// Bytes that wait, here or in SCTP's buffer. Those on their way do not count, as with
  /// TCP_NOTSENT_LOWAT (tcp(7)): a long path would be taken for a slow one.
  std::size_t buffered() const { return queued_bytes_ + sctp_.unsent(); }

private:
  struct Message {
    std::uint32_t ppid = 0;
    std::vector<std::uint8_t> bytes;
  };
  void received_dcep(std::uint16_t stream, std::span<const std::uint8_t> message);
  void queue(Message message);
  void note_waiting();
  void become_open();

  SctpTransport& sctp_;
  Events events_;
  std::optional<std::uint16_t> stream_;
  bool negotiated_ = false, opens_ = false, open_ = false;
  bool above_low_mark_ = false, some_waits_ = false; ///< since the last drained()
  std::size_t remote_max_message_ = 0;
  std::deque<Message> queue_;
  std::size_t queued_bytes_ = 0;
  std::vector<std::uint8_t> scratch_; ///< a message on its way to SCTP's own buffer
};

} // namespace p2plive::net
