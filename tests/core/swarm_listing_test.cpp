// What a swarm of a large audience makes of its own playlist, and of what others tell of theirs.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"
#include "core/version.h"

#include "core_test.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace {

constexpr Rid rid{{1, 2, 3, 4}};
constexpr std::uint64_t neighbours = 10; ///< peer(2) to peer(11)

Settings settings() {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  settings.max_peers = neighbours; // all there can be: the audience is what the tracker says
  return settings;
}

constexpr std::uint64_t giver = neighbours + 1; ///< the last of them

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

  VirtualCdn cdn{settings()};

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

} // namespace

// Rule: a segment that two neighbours tell alike is known from then on, and asked for; one
// neighbour's word is none, and two words that differ are none.
GST_START_TEST(two_are_believed) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.has(4, crowd.segment(sn), 500'000, 3);
  auto asks = [&] {
    return std::ranges::any_of(crowd.cdn.said<RequestMessage>(), [&](const auto& request) {
      return number(request.second.chunk.object.sn) == sn;
    });
  };
  crowd.tell(2, crowd.entry(sn));
  crowd.tell(2, crowd.entry(sn));
  auto other = crowd.entry(sn);
  other.duration += 10ms;
  crowd.tell(3, other);
  crowd.run_for(500ms);
  fail_if(asks());
  crowd.tell(5, crowd.entry(sn));
  crowd.run_for(50ms);
  fail_unless(asks());
}
GST_END_TEST;

// Rule: what others told is not told on; that it is known is, and chunks of it are. What our own
// playlist shows is told to each neighbour once, and not to who knows.
GST_START_TEST(told_by_who_has_seen_it) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.known = sn - 1;
  for (auto by : {2, 3})
    crowd.tell(by, crowd.entry(sn));
  for (auto by : {2, 3, 4})
    crowd.has(by, crowd.segment(sn), 500'000, 16);
  crowd.run_for(100ms);
  crowd.serve(sn, 500'000);
  crowd.run_for(1s);
  fail_unless(crowd.told(sn).empty());
  fail_unless(crowd.says_newest() == sn);
  fail_unless(crowd.announces(sn));
  crowd.run_for(2s);
  crowd.forget_sent();
  crowd.look(); // shows it, and perhaps one more
  auto newest = crowd.whole();
  crowd.known = newest - 1;
  crowd.run_for(12s);
  auto entries = crowd.told(newest);
  fail_unless(!entries.empty());
  std::ranges::sort(entries, {}, [](const auto& told) { return told.first; });
  auto twice = std::ranges::unique(entries, {}, [](const auto& told) { return told.first; });
  fail_unless(twice.empty());
  for (const auto& [to, entry] : entries)
    fail_unless(entry == crowd.entry(newest));
  crowd.look();
  crowd.forget_sent();
  crowd.known = crowd.whole();
  crowd.run_for(1900ms);
  crowd.look();
  fail_unless(crowd.told(crowd.known).empty(), "they know");
}
GST_END_TEST;

// Rule: a small audience hears no entries, nor does a neighbour of an older version.
GST_START_TEST(who_is_not_told) {
  for (auto [audience, minor] :
       {std::pair(32u, std::uint16_t{1}), std::pair(100u, std::uint16_t{0}),
        std::pair(100u, std::uint16_t{1})}) {
    Crowd crowd(audience, minor);
    crowd.look();
    crowd.known = crowd.whole() - 1;
    crowd.run_for(6s);
    auto haves = crowd.cdn.said<HaveMessage>();
    bool told =
        std::ranges::any_of(haves, [](const auto& said) { return said.second.entry.has_value(); });
    fail_unless(!haves.empty() && told == (audience > 32 && minor > 0));
  }
}
GST_END_TEST;

// Rule: a viewer of a large audience looks at one segment in four, when the others are told in
// time; one of a small audience, or who is appointed, at all.
GST_START_TEST(looks) {
  const std::tuple<std::uint32_t, std::uint8_t, int> cases[] = {
      {100, 0, 5}, {32, 0, 20}, {100, 3, 20}};
  for (auto [audience, place, expected] : cases) {
    Crowd crowd(audience, protocol_minor, {16, place});
    int looks = 0;
    crowd.run_for(2s);
    for (int segments = 0; segments < 20; ++segments) {
      auto due = crowd.cdn.now;
      if (auto left = crowd.cdn.swarm.poll_left_until(due)) {
        fail_unless(*left == due + 1s);
        crowd.run_for(200ms);
        for (auto by : {2, 3})
          crowd.tell(by, crowd.entry(crowd.whole()));
        crowd.has_newest();
        crowd.run_for(800ms);
        auto next = crowd.cdn.swarm.poll_left_until(crowd.cdn.now);
        fail_unless(next && *next == due + 2s, "the one after it is due a segment later");
      } else {
        ++looks;
        crowd.look();
      }
      crowd.run_for(due + 2s - crowd.cdn.now);
    }
    fail_unless(looks == expected, "%d of 20 in an audience of %u", looks, audience);
    fail_unless_equals_int(crowd.breaks(), 0);
    fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 0);
    fail_unless_equals_uint64(crowd.cdn.swarm.statistics().starvations, 0);
  }
}
GST_END_TEST;

// Rule: what nobody tells within half a segment is looked for, by refreshes as everybody makes
// them, until it is there: the end of the stream, a restart are not told.
GST_START_TEST(nobody_tells) {
  Crowd crowd;
  auto until = crowd.leave_one();
  fail_unless(until == crowd.cdn.now + 1s);
  crowd.run_for(1s);
  for (int i = 0; i < 4; ++i) {
    fail_if(crowd.cdn.swarm.poll_left_until(crowd.cdn.now), "once more");
    crowd.run_for(250ms);
  }
  crowd.known = crowd.whole(); // now it is a reason to look that somebody knows
  crowd.run_for(600ms);
  fail_unless(crowd.count<RefreshPlaylist>() >= 1);
  crowd.look();
  crowd.leave_one();
}
GST_END_TEST;

// Rule: while a segment is left to others it is no reason to look that somebody knows of it, unless
// he says that there is more to it; or when it is not left to others.
GST_START_TEST(reasons_to_look) {
  Crowd crowd;
  crowd.leave_one();
  auto sn = crowd.whole();
  crowd.known = sn;
  crowd.run_for(600ms);
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 0);
  crowd.tell(2, to_tell(crowd.segment(sn), false));
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 1);
  Crowd small(32);
  small.known = small.whole() + 1;
  small.run_for(600ms);
  fail_unless(small.count<RefreshPlaylist>() >= 1);
}
GST_END_TEST;

// Rule: what does not go on from the segment before it is told as that: that there is more to it.
GST_START_TEST(a_break_is_not_told) {
  Crowd crowd;
  auto sn = crowd.whole() + 2;
  crowd.cdn.breaks = {sn};
  for (crowd.known = sn - 1; crowd.whole() < sn; crowd.look())
    crowd.run_for(2s);
  crowd.run_for(6s);
  auto entries = crowd.told(sn);
  fail_unless(!entries.empty());
  for (const auto& [to, entry] : entries)
    fail_unless(entry.duration == 0ms);
}
GST_END_TEST;

// Rule: what was told wrongly is replaced by what the playlist shows, chunks and all; nothing
// restarts or breaks off, nothing wrong is handed out.
GST_START_TEST(a_lie) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  auto lie = crowd.segment(sn);
  lie.duration = 2400ms;
  for (auto by : {2, 3}) {
    crowd.tell(by, to_tell(lie, true));
    crowd.has(by, lie, 300'000, 10);
  }
  crowd.run_for(100ms);
  crowd.serve(sn, 300'000);
  crowd.run_for(1'900ms);
  fail_unless(crowd.announces(sn), "it has believed it");
  for (int i = 0; i < 8; ++i) {
    crowd.look();
    crowd.run_for(2s);
  }
  fail_unless_equals_int(crowd.breaks(), 0);
  fail_unless(crowd.cdn.in_order());
  fail_unless(number(crowd.cdn.delivered.back().sn) > sn);
}
GST_END_TEST;

// Rule: where another version was played of what the playlist shows then, it goes on behind that,
// or ends there.
GST_START_TEST(another_version_was_played) {
  for (bool ends : {false, true}) {
    Crowd crowd;
    auto sn = crowd.whole() + 1;
    auto other = crowd.segment(sn);
    other.duration += 1ms;
    crowd.run_for(2s);
    for (auto by : {2, 3}) {
      crowd.tell(by, to_tell(other, true));
      crowd.has(by, other, 300'000, 10);
    }
    crowd.run_for(100ms);
    crowd.serve(sn, 300'000);
    const auto& delivered = crowd.cdn.delivered;
    auto played = [&] {
      return number(delivered.back().sn) == sn &&
             delivered.back().offset + delivered.back().size == 300'000;
    };
    for (auto end = crowd.cdn.now + 12s; !played() && crowd.cdn.now < end;)
      crowd.run_for(50ms);
    fail_unless(played());
    if (ends)
      crowd.cdn.ends = sn;
    crowd.cdn.refresh(); // nobody tells how large it is
    crowd.run_for(2s);
    fail_unless_equals_int(crowd.count<Finish>(), ends);
    fail_unless(ends || number(delivered.back().sn) > sn);
    fail_unless_equals_int(crowd.breaks(), !ends);
  }
}
GST_END_TEST;

// Rule: who tells what is not true again and again is dropped.
GST_START_TEST(liars) {
  Crowd crowd;
  auto dropped = [&](std::uint64_t who) {
    return std::ranges::any_of(crowd.cdn.others, [&](const Action& action) {
      auto* disconnect = std::get_if<Disconnect>(&action);
      return disconnect && disconnect->peer == peer(who);
    });
  };
  for (int i = 0; i < 25; ++i) {
    auto lie = crowd.segment(crowd.whole() + 1);
    lie.duration = 2400ms;
    for (auto by : {2, 3})
      crowd.tell(by, to_tell(lie, true));
    crowd.tell(4, crowd.entry(crowd.whole() + 1));
    crowd.run_for(2s);
    crowd.look();
    fail_if(i < 19 && dropped(2));
  }
  fail_unless(dropped(2) && dropped(3) && !dropped(4));
  fail_unless_equals_int(crowd.breaks(), 0);
}
GST_END_TEST;

// Rule: what others told of, and nobody has, is looked for in our own playlist in time to fetch it;
// not before, and not from the CDN as long as it is not shown.
GST_START_TEST(told_and_nowhere_to_be_had) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.run_for(2s);
  crowd.tell_of_nothing_but(sn);
  int before = crowd.count<RefreshPlaylist>();
  crowd.run_for(1s);
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), before);
  auto end = crowd.cdn.now + 8s;
  while (crowd.count<RefreshPlaylist>() == before && crowd.cdn.now < end)
    crowd.run_for(10ms);
  fail_unless(crowd.count<RefreshPlaylist>() == before + 1, "it does not look");
  fail_if(crowd.fetched(sn));
  fail_unless_equals_uint64(crowd.cdn.swarm.statistics().starvations, 0);
  crowd.run_for(50ms); // a load
  crowd.look();
  crowd.run_for(3s);
  fail_unless(crowd.fetched(sn));
  fail_unless(crowd.cdn.in_order() && crowd.breaks() == 0);
}
GST_END_TEST;

// Rule: a playlist that cannot be had is asked for no more often than four times a second.
GST_START_TEST(told_and_never_shown) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.run_for(2s);
  crowd.tell_of_nothing_but(sn);
  crowd.run_for(20s);
  auto looks = crowd.count<RefreshPlaylist>();
  fail_unless(looks > 4 && looks <= 80, "%d", looks);
  fail_if(crowd.fetched(sn));
}
GST_END_TEST;

// Rule: where the stream ends there is nothing behind it, whatever others have told.
GST_START_TEST(nothing_behind_the_end) {
  Crowd crowd;
  auto last = crowd.whole();
  crowd.cdn.ends = last;
  for (auto by : {2, 3}) {
    crowd.tell(by, crowd.entry(last + 1));
    crowd.has(by, crowd.segment(last + 1), 500'000, 0);
  }
  crowd.run_for(7900ms); // all is played but for what was told
  fail_unless(number(crowd.cdn.delivered.back().sn) == last);
  fail_unless_equals_int(crowd.count<Finish>(), 0);
  crowd.look();
  crowd.run_for(1s);
  fail_unless_equals_int(crowd.count<Finish>(), 1);
  fail_unless_equals_int(crowd.breaks(), 0);
  fail_unless(crowd.cdn.in_order());
}
GST_END_TEST;

static Suite* swarm_listing_suite() {
  auto* suite = suite_create("swarm_listing");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_are_believed);
  tcase_add_test(tcase, told_by_who_has_seen_it);
  tcase_add_test(tcase, who_is_not_told);
  tcase_add_test(tcase, looks);
  tcase_add_test(tcase, nobody_tells);
  tcase_add_test(tcase, reasons_to_look);
  tcase_add_test(tcase, a_break_is_not_told);
  tcase_add_test(tcase, a_lie);
  tcase_add_test(tcase, another_version_was_played);
  tcase_add_test(tcase, liars);
  tcase_add_test(tcase, told_and_nowhere_to_be_had);
  tcase_add_test(tcase, told_and_never_shown);
  tcase_add_test(tcase, nothing_behind_the_end);
  return suite;
}

GST_CHECK_MAIN(swarm_listing)
