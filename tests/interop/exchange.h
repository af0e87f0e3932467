// One side of the exchange that every implementation takes part in (js/exchange.js has the other):
// the peer protocol's handshake, then each side asks for the other's one object chunk by chunk, and
// says at the end what it has received and sent.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"
#include "core/messages.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::test {

class Exchange {
public:
  using Bytes = std::vector<std::uint8_t>;
  using Send =
      std::function<bool(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body)>;
  struct Options {
    std::size_t size = 64 << 20; ///< of our object
    std::uint32_t seed = 1;      ///< of its bytes
    core::Rid rid;
    core::PeerId self;
  };

  Exchange(const Options& options, Send send);

  void begin(); ///< the channel is open
  void received(std::span<const std::uint8_t> message);

  /// The other side has everything, and so have we.
  bool finished() const { return left_ == 0 && !their_words_.empty(); }
  bool greeted() const { return greeted_; }
  std::uint32_t left() const { return left_; } ///< chunks that have not come
  /// Empty: all as it should be; else what is not.
  std::string complaint() const;

private:
  void handle(const core::HandshakeMessage& handshake);
  void handle(const core::HaveMessage& have);
  void handle(const core::RequestMessage& request);
  void handle(const core::PieceMessage& piece);
  void handle(const core::ByeMessage& bye);
  template <typename Other>
  void handle(const Other&) {}
  void ask();
  void say(const core::PeerMessage& message, std::span<const std::uint8_t> body = {});

  Options options_;
  Send send_;
  core::ObjectName object_{core::SequenceNumber{7}, core::Version{0x1122334455667788}};
  Bytes mine_, theirs_;
  std::optional<core::ObjectName> their_object_;
  static constexpr std::uint32_t unknown = UINT32_MAX;
  std::uint32_t next_ = 0, left_ = unknown;
  bool greeted_ = false;
  std::string their_words_, failure_;
};

} // namespace p2plive::test
