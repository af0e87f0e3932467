// A viewer in a large audience, and its neighbours, for tests of what is given unasked.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"
#include "core/version.h"

#include "one_of_many.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace p2plive::test {

inline constexpr std::uint64_t neighbours = 12;

/// A viewer who has played for a while from a CDN; its neighbours have nothing, and can upload four
/// bitrates.
class Company {
public:
  struct Kind {
    std::uint32_t audience = 100;
    std::uint16_t minor = protocol_minor; ///< of the neighbours
    std::uint8_t place = 1;               ///< 0: it fetches little before it has to
    std::uint32_t uplink = 8'000;         ///< of the neighbours
    Settings settings = one_of_many(neighbours);
  };

  Company() : Company(Kind()) {}
  explicit Company(const Kind& kind) : cdn(kind.settings) {
    cdn.swarm.joined(cdn.now, rid);
    TrackerAnswer answer{kind.audience, 10s, {}, {16, kind.place}};
    cdn.swarm.tracker_answered(cdn.now, answer);
    for (std::uint64_t n = 2; n < 2 + neighbours; ++n) {
      cdn.swarm.peer_opened(cdn.now, peer(n));
      HandshakeMessage hello;
      hello.rid = rid;
      hello.peer = peer(n);
      hello.minor = kind.minor;
      hello.chunk_size = chunk_size;
      hello.uplink = kind.uplink;
      say(n, hello);
    }
    run_for(20s);
  }

  VirtualCdn cdn;

  /// The neighbours say which segments they know; what they are sent leaves at once.
  void run_for(Duration time) {
    for (auto end = cdn.now + time; cdn.now < end;) {
      cdn.run_for(cdn.step);
      for (std::uint64_t n = 2; n < 2 + neighbours; ++n) {
        cdn.swarm.peer_buffered(cdn.now, peer(n), 0);
        if (cdn.now >= speak_at_)
          say(n, nothing());
      }
      if (cdn.now >= speak_at_)
        speak_at_ = cdn.now + 500ms;
    }
  }
  /// Until a segment has just been listed.
  void run_until_listed() {
    for (auto before = newest(); newest() == before;)
      run_for(cdn.step);
    cdn.refresh();
    cdn.sent.clear();
  }
  /// The viewer has pushed something.
  void run_until_pushed() {
    for (auto end = cdn.now + 20s; pushed().empty(); run_for(cdn.step))
      fail_unless(cdn.now < end);
  }

  std::uint64_t newest() const {
    return cdn.first_number + static_cast<std::uint64_t>(cdn.made() / VirtualCdn::segment) - 1;
  }
  ChunkName chunk(std::uint64_t sn, std::uint32_t index) const {
    ListedSegment listed{SequenceNumber{sn}, VirtualCdn::segment, 0,
                         cdn.date(VirtualCdn::segment * static_cast<int>(sn - cdn.first_number)),
                         false};
    return {{listed.sn, version_of(basis_of(listed), VirtualCdn::size)}, ChunkIndex{index}};
  }
  HaveMessage nothing() const {
    HaveMessage have;
    have.oldest = SequenceNumber{cdn.first_number};
    have.newest_listed = SequenceNumber{newest()};
    return have;
  }

  void say(std::uint64_t from, const PeerMessage& message,
           const std::vector<std::uint8_t>& payload = {}) {
    auto encoded = encode(message);
    encoded.insert(encoded.end(), payload.begin(), payload.end());
    cdn.swarm.peer_message(cdn.now, peer(from), encoded);
    cdn.act();
  }
  /// It names the newest segment, and has these of its chunks.
  void has(std::uint64_t who, std::vector<ChunkSpan> chunks) {
    auto have = nothing();
    have.objects = {{chunk(newest(), 0).object, VirtualCdn::size, std::move(chunks)}};
    say(who, have);
  }
  void push(std::uint64_t from, const ChunkName& name, std::size_t length = chunk_size) {
    std::vector<std::uint8_t> media(length, 1);
    say(from, PieceMessage{name, media, true}, media);
  }

  std::vector<std::pair<PeerId, ChunkName>> pushed() const {
    std::vector<std::pair<PeerId, ChunkName>> out;
    for (const auto& [to, piece] : cdn.said<PieceMessage>())
      if (piece.pushed)
        out.emplace_back(to, piece.chunk);
    return out;
  }
  /// Pieces of this chunk to this viewer, asked for or not.
  auto pieces(const PeerId& to, const ChunkName& name) const {
    return std::ranges::count_if(cdn.said<PieceMessage>(), [&](const auto& one) {
      return one.first == to && one.second.chunk == name;
    });
  }
  auto cancels(std::uint64_t to, const ChunkName& name) const {
    return std::ranges::count_if(cdn.said<CancelMessage>(), [&](const auto& one) {
      return one.first == peer(to) && one.second.chunk == name;
    });
  }
  auto requests(const ChunkName& name) const {
    return std::ranges::count_if(cdn.said<RequestMessage>(),
                                 [&](const auto& one) { return one.second.chunk == name; });
  }
  /// Somebody else is told that it is here.
  bool announces(const ChunkName& name) const {
    auto bit = number(name.chunk);
    return std::ranges::any_of(cdn.said<HaveMessage>(), [&](const auto& one) {
      return std::ranges::any_of(one.second.gains,
                                 [&](const Gain& gain) {
                                   return gain.sn == name.object.sn && gain.word == bit / 32 &&
                                          gain.bits >> bit % 32 & 1;
                                 }) ||
             std::ranges::any_of(one.second.objects, [&](const ObjectHave& object) {
               return object.object == name.object &&
                      std::ranges::any_of(object.chunks, [&](ChunkSpan span) {
                        return bit >= span.first && bit < span.first + span.count;
                      });
             });
    });
  }

private:
  Time speak_at_{};
};

} // namespace p2plive::test
