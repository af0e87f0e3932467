// A viewer of a large audience, and neighbours whose every message is literal.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"
#include "core/version.h"

#include "one_of_many.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <map>

namespace p2plive::test {

inline constexpr std::uint64_t neighbours = 10; ///< peer(2) to peer(11)

inline constexpr std::uint64_t giver = neighbours + 1; ///< the last of them

/// A viewer who has played for half a minute, in an audience of a hundred, and whose neighbours'
/// messages are literal. Its playlist is looked at when a test says so.
class Crowd {
public:
  explicit Crowd(std::uint32_t audience = 100, std::uint16_t minor = protocol_minor,
                 SeedPlace place = {16, 0})
      : audience_(audience), place_(place) {
    cdn.polls = 1h;
    cdn.swarm.joined(cdn.now, rid);
    answer_as_tracker();
    for (std::uint64_t n = 2; n < 2 + neighbours; ++n) {
      cdn.swarm.peer_opened(cdn.now, peer(n));
      HandshakeMessage hello;
      hello.rid = rid;
      hello.peer = peer(n);
      hello.minor = minor;
      hello.chunk_size = chunk_size;
      say(peer(n), hello);
    }
    for (int i = 0; i < 15; ++i) {
      run_for(2s);
      look();
    }
    cdn.others.clear();
    forget_sent();
  }

  VirtualCdn cdn{one_of_many(neighbours)};

  /// The neighbours say that they are there.
  void run_for(Duration time) {
    for (auto end = cdn.now + time; cdn.now < end;) {
      cdn.run_for(std::min<Duration>(end - cdn.now, 50ms));
      answer();
      if (cdn.now < speak_at_)
        continue;
      speak_at_ = cdn.now + 500ms;
      for (std::uint64_t n = 2; n < 2 + neighbours; ++n)
        say(peer(n), nothing(n));
      answer_as_tracker();
    }
  }

  void forget_sent() {
    answer();
    cdn.sent.clear();
    seen_ = 0;
  }

  /// At the playlist, which shows what one neighbour has.
  void look() {
    cdn.refresh();
    has_newest();
  }
  void has_newest() {
    for (auto sn = whole() - 2; sn <= whole(); ++sn)
      has(giver, segment(sn), VirtualCdn::size, chunk_count(VirtualCdn::size));
  }

  std::uint64_t whole() const { // the newest segment that the encoder has made
    return cdn.first_number + static_cast<std::uint64_t>(cdn.made() / VirtualCdn::segment) - 1;
  }
  /// As the playlist has it.
  ListedSegment segment(std::uint64_t sn) const {
    return {SequenceNumber{sn}, VirtualCdn::segment, 0,
            cdn.date(VirtualCdn::segment * static_cast<int>(sn - cdn.first_number)), false};
  }
  ToldEntry entry(std::uint64_t sn) const { return to_tell(segment(sn), true); }

  /// The neighbour has told of `sn`, or of more.
  HaveMessage nothing(std::uint64_t by, std::uint64_t sn = 0) {
    auto& newest = newest_[by];
    newest = std::max({newest, sn, known});
    HaveMessage have;
    have.oldest = SequenceNumber{cdn.first_number};
    have.newest_listed = SequenceNumber{newest};
    return have;
  }
  std::uint64_t known = 80; ///< by all neighbours

  void tell(std::uint64_t by, const ToldEntry& told) {
    auto have = nothing(by, number(told.sn));
    have.entry = told;
    say(peer(by), have);
  }
  /// Two tell of the segment, and that they have nothing of it.
  void tell_of_nothing_but(std::uint64_t sn) {
    for (auto by : {2, 3})
      tell(by, entry(sn));
    for (auto by : {2, 3})
      has(by, segment(sn), VirtualCdn::size, 0);
  }
  /// It has the first `chunks` chunks of a segment in this form.
  void has(std::uint64_t by, const ListedSegment& segment, std::uint64_t size,
           std::uint32_t chunks) {
    auto have = nothing(by, number(segment.sn));
    have.objects = {{{segment.sn, version_of(basis_of(segment), size)}, size, {{0, chunks}}}};
    say(peer(by), have);
  }

  void say(const PeerId& from, const PeerMessage& message,
           const std::vector<std::uint8_t>& payload = {}) {
    auto encoded = encode(message);
    encoded.insert(encoded.end(), payload.begin(), payload.end());
    cdn.swarm.peer_message(cdn.now, from, encoded);
    cdn.act();
  }

  /// Answers all that was asked for of the segment.
  void serve(std::uint64_t sn, std::uint64_t size) {
    for (const auto& [to, request] : cdn.said<RequestMessage>())
      if (number(request.chunk.object.sn) == sn) {
        auto begin = std::uint64_t{number(request.chunk.chunk)} * chunk_size;
        auto length = std::min<std::uint64_t>(chunk_size, size - begin);
        std::vector<std::uint8_t> media(length, 1);
        say(to, PieceMessage{request.chunk, media}, media);
      }
  }

  /// Entries that the viewer told of the segment.
  std::vector<std::pair<PeerId, ToldEntry>> told(std::uint64_t sn) const {
    std::vector<std::pair<PeerId, ToldEntry>> out;
    for (const auto& [to, have] : cdn.said<HaveMessage>())
      if (have.entry && number(have.entry->sn) == sn)
        out.emplace_back(to, *have.entry);
    return out;
  }
  /// The newest segment that it says it knows of.
  std::uint64_t says_newest() const {
    std::uint64_t newest = 0;
    for (const auto& [to, have] : cdn.said<HaveMessage>())
      newest = std::max(newest, number(have.newest_listed));
    return newest;
  }

  /// That it has something of the segment.
  bool announces(std::uint64_t sn) const {
    return std::ranges::any_of(cdn.said<HaveMessage>(), [&](const auto& said) {
      return std::ranges::any_of(said.second.gains,
                                 [&](const Gain& gain) { return number(gain.sn) == sn; });
    });
  }

  template <typename What>
  int count() const {
    return static_cast<int>(std::ranges::count_if(
        cdn.others, [](const Action& action) { return std::holds_alternative<What>(action); }));
  }
  bool fetched(std::uint64_t sn) const {
    return std::ranges::any_of(cdn.fetched,
                               [&](const Fetch& fetch) { return number(fetch.sn) == sn; });
  }
  int breaks() const {
    return static_cast<int>(std::ranges::count(cdn.delivered, true, &Deliver::discontinuity)) - 1;
  }

  /// Until the next segment is one that the viewer leaves to others; until when.
  Time leave_one() {
    for (int i = 0; i < 4; ++i) {
      run_for(2s);
      if (auto until = cdn.swarm.poll_left_until(cdn.now))
        return *until;
      look();
    }
    fail("it leaves nothing to others");
    return {};
  }

private:
  void answer() {
    for (; seen_ < cdn.sent.size(); ++seen_)
      if (cdn.sent[seen_].to == peer(giver))
        give(Send(cdn.sent[seen_]));
  }

  /// What was asked for.
  void give(const Send& send) {
    std::string reason;
    auto message = decode(send.header, reason);
    auto* request = message ? std::get_if<RequestMessage>(&*message) : nullptr;
    if (!request)
      return;
    auto begin = std::uint64_t{number(request->chunk.chunk)} * chunk_size;
    std::vector<std::uint8_t> media(std::min<std::uint64_t>(chunk_size, VirtualCdn::size - begin));
    for (std::size_t i = 0; i < media.size(); ++i)
      media[i] = VirtualCdn::byte_at(number(request->chunk.object.sn), begin + i);
    say(peer(giver), PieceMessage{request->chunk, media}, media);
  }

  void answer_as_tracker() {
    cdn.swarm.tracker_answered(cdn.now, {audience_, 30s, {}, place_});
    cdn.act();
  }

  std::uint32_t audience_;
  SeedPlace place_;
  std::size_t seen_ = 0; ///< of what was sent
  Time speak_at_{};
  std::map<std::uint64_t, std::uint64_t> newest_; ///< that each neighbour has told of
};

} // namespace p2plive::test
