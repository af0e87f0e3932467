// One connection to another viewer or a browser: ICE -> DTLS -> SCTP -> one data channel
// (RFC 8831, 8832, JSEP RFC 8829).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/selected_path.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

typedef struct _GMainContext GMainContext;

namespace p2plive::net {

class Certificate;
class IceReserve;

struct StunServer {
  std::string address; ///< numeric; resolved before (services are reached by name only once)
  std::uint16_t port = 3478;
  bool operator==(const StunServer&) const = default;
};

struct PeerConnectionOptions {
  std::shared_ptr<const Certificate> certificate; ///< one per process, or given
  std::vector<StunServer> stun;                   ///< the first is used; none: host candidates only
  std::vector<std::string> local_addresses;       ///< gather on these only; none: all but loopback
  /// Where transports have been gathered on, with `stun` and `local_addresses` as here; none: the
  /// connection gathers by itself.
  std::shared_ptr<IceReserve> reserve;
  std::size_t max_message = 262'144; ///< accepted, as a=max-message-size tells
  /// The channel is agreed beforehand on this stream, below 16, and opens without DCEP; both sides
  /// must be told so. None: the offerer opens it (RFC 8832).
  std::optional<std::uint16_t> negotiated_stream;
};

/// What a connection tells, on the context's thread, never from within a call to it.
struct PeerConnectionEvents {
  /// Our offer or answer, with the candidates gathered (half trickle): send it to the other side.
  std::function<void(std::string sdp)> local_description;
  /// Our offer (or else answer) of an ICE restart: send it to the other side as well.
  std::function<void(bool offers, std::string sdp)> restart_description;
  std::function<void()> open; ///< the data channel is usable both ways
  std::function<void(std::span<const std::uint8_t>)>
      message;                                       ///< one whole message; valid during the call
  std::function<void(std::size_t buffered)> drained; ///< fell under low_mark, or to 0
  std::function<void(std::string reason)> closed;    ///< once, last; not after close()
};

/// Lives on the context's thread. Never blocks. Destroying it closes it at once.
class PeerConnection {
public:
  /// Bytes waiting under which drained() is told; it is told again when nothing waits any more.
  static constexpr std::size_t low_mark = 48 * 1024;

  PeerConnection(GMainContext* context, PeerConnectionOptions options, PeerConnectionEvents events);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  void offer();                              ///< be the offerer: local_description follows
  void accept_offer(const std::string& sdp); ///< be the answerer: local_description follows
  void accept_answer(const std::string& sdp);

  /// Finds a new path for an open connection, whose old one is used until then (RFC 8445 section
  /// 9): for when this machine's addresses have changed. restart_description follows. An offer of
  /// the other side for an open connection is a restart, too; one that cannot be its own is passed
  /// over.
  void restart_ice();
  bool restarting() const;

  void
  add_candidates(const std::vector<std::string>& candidates); ///< late ones; "candidate:..." lines

  /// Queues one message, `head` then `body`, at most the other side's max-message-size. False when
  /// not open, too large, or more than 16 MiB would wait; nothing is sent then.
  bool send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body = {});

  /// Bytes that wait: queued here, or in SCTP's send buffer and not yet sent. A receiver that is
  /// slow, or a path that is full, lets them grow; bytes on their way, 320 KiB at most, do not
  /// count.
  std::size_t buffered() const;
  std::uint64_t received_bytes() const; ///< UDP payload received, for the overhead figures
  std::optional<SelectedPath> selected_path() const; ///< none: not connected

  /// Orderly: no event follows.
  void close();

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace p2plive::net
