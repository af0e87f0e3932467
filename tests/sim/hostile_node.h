// Something in the network that speaks the protocol wrongly, each in its own manner.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"
#include "core/version.h"
#include "sim/world.h"

#include <set>
#include <string>

namespace p2plive::test {

using namespace p2plive::sim;

class HostileNode : public Node {
public:
  enum class Manner {
    rubbish,
    wrong_lengths,
    never_delivers,
    absurd_size,
    wrong_size,
    unasked_pieces,
    another_major,
    newer_message,
  };

  HostileNode(World& world, Manner manner)
      : Node(world.draw_id()), world_(world), manner_(manner) {}

  std::size_t met() const { return met_; } ///< connections that were ever opened
  std::size_t open() const { return open_.size(); }
  std::size_t requests() const { return requests_; }
  const std::string& bye() const { return bye_; }

  bool offer_arrived(const PeerId&) override { return true; }
  void buffered(const PeerId&, std::size_t) override {}
  void closed(const PeerId& peer) override { open_.erase(peer); }

  void opened(const PeerId& peer) override {
    ++met_;
    open_.insert(peer);
    core::HandshakeMessage hello;
    hello.rid = core::Rid{{1, 2, 3, 4}};
    hello.peer = id();
    hello.chunk_size = core::chunk_size;
    if (manner_ == Manner::another_major)
      hello.major = 2;
    say(peer, core::encode(hello));
    misbehave(peer);
  }

  void message(const PeerId& from, std::span<const std::uint8_t> bytes) override {
    std::string reason;
    auto message = core::decode(bytes, reason);
    if (!message)
      return;
    if (auto* bye = std::get_if<core::ByeMessage>(&*message))
      bye_ = bye->reason;
    if (auto* request = std::get_if<core::RequestMessage>(&*message)) {
      ++requests_;
      if (manner_ == Manner::wrong_lengths)
        piece(from, request->chunk, 100);
    }
  }

private:
  void say(const PeerId& to, std::vector<std::uint8_t> bytes) {
    world_.network.send(id(), to, {std::move(bytes), {}, 0});
  }

  void piece(const PeerId& to, const core::ChunkName& chunk, std::size_t length) {
    std::vector<std::uint8_t> payload(length, 0x47);
    auto bytes = core::encode(core::PieceMessage{chunk, payload});
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    say(to, std::move(bytes));
  }

  /// Says that it has all of the newest segments, some not listed yet among them; again and again.
  void claim(const PeerId& to) {
    auto listing = world_.cdn.listing();
    if (!listing || listing->segments.empty())
      return;
    core::HaveMessage have;
    have.oldest = listing->segments.front().sn;
    have.newest_listed = listing->segments.back().sn;
    for (const auto& segment : listing->segments) {
      auto size = world_.cdn.size({core::number(segment.sn), world_.cdn.epoch(), 0});
      if (manner_ == Manner::wrong_size)
        size += 30 * core::chunk_size;
      if (manner_ == Manner::absurd_size)
        size = std::uint64_t{1} << 40;
      auto version = core::version_of(core::basis_of(segment), size);
      have.objects.push_back({{segment.sn, version}, size, {{0, core::chunk_count(size)}}});
    }
    say(to, core::encode(have));
  }

  void say_something_newer(const PeerId& to) {
    std::vector<std::uint8_t> bytes(20, 0xa5);
    bytes[0] = 40; // a kind without a meaning so far (schemas/peer.fbs)
    say(to, std::move(bytes));
  }

  void misbehave(const PeerId& peer) {
    if (!open_.contains(peer))
      return;
    switch (manner_) {
    case Manner::rubbish:
      say(peer, std::vector<std::uint8_t>(500, 0xa5));
      break;
    case Manner::newer_message:
      say_something_newer(peer);
      break;
    case Manner::unasked_pieces:
      if (auto listing = world_.cdn.listing()) {
        auto sn = listing->segments.back().sn;
        auto size = world_.cdn.size({core::number(sn), world_.cdn.epoch(), 0});
        auto version = core::version_of(core::basis_of(listing->segments.back()), size);
        piece(peer, {{sn, version}, core::ChunkIndex{0}}, core::chunk_size);
      }
      break;
    case Manner::another_major:
      break;
    default:
      claim(peer);
    }
    world_.queue.after(200ms, [this, peer] { misbehave(peer); });
  }

  World& world_;
  Manner manner_;
  std::set<PeerId> open_;
  std::size_t met_ = 0;
  std::size_t requests_ = 0;
  std::string bye_;
};

} // namespace p2plive::test
