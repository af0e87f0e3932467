// What is given unasked: to whom, how much, and what the receiver makes of it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/push.h"

#include "core/push_allowance.h"
#include "core/version.h"

#include "core_test.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace {

constexpr Rid rid{{1, 2, 3, 4}};
constexpr std::uint64_t neighbours = 12;

// Those that a chunk could be pushed to.

Neighbours company(std::uint64_t count, std::uint32_t kilobits) {
  Neighbours out;
  for (std::uint64_t n = 0; n < count; ++n) {
    auto& one = out.emplace(peer(n), Neighbour(peer(n), start)).first->second;
    one.ready = one.hears_pushes = true;
    one.tells_uplink(kilobits);
    HaveMessage have;
    have.newest_listed = SequenceNumber{5};
    one.learn(have);
  }
  return out;
}

std::set<PeerId> receivers(const Neighbours& all, std::uint64_t sn = 5, std::uint32_t chunk = 0) {
  auto out = push_receivers(peer(99), all, chunk_of(sn, chunk), 250'000);
  return {out.begin(), out.end()};
}

// A viewer, and what it says to others.

Settings settings() {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  settings.max_peers = neighbours; // all there can be: the audience is what the tracker says
  return settings;
}

/// A viewer who has played for a while from a CDN; its neighbours have nothing, and can upload four
/// bitrates.
class Company {
public:
  struct Kind {
    std::uint32_t audience = 100;
    std::uint16_t minor = protocol_minor; ///< of the neighbours
    std::uint8_t place = 1;               ///< 0: it fetches little before it has to
    std::uint32_t uplink = 8'000;         ///< of the neighbours
    Settings settings = ::settings();
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

  /// What it has said, in order.
  template <typename Message>
  std::vector<std::pair<PeerId, Message>> said() const {
    std::vector<std::pair<PeerId, Message>> out;
    std::string reason;
    for (const auto& send : cdn.sent) {
      auto bytes = send.header;
      if (send.chunk)
        bytes.insert(bytes.end(), send.chunk.data(), send.chunk.data() + send.size);
      if (auto message = decode(bytes, reason); message)
        if (auto* body = std::get_if<Message>(&*message))
          out.emplace_back(send.to, *body);
    }
    return out;
  }
  std::vector<std::pair<PeerId, ChunkName>> pushed() const {
    std::vector<std::pair<PeerId, ChunkName>> out;
    for (const auto& [to, piece] : said<PieceMessage>())
      if (piece.pushed)
        out.emplace_back(to, piece.chunk);
    return out;
  }
  /// Pieces of this chunk to this viewer, asked for or not.
  auto pieces(const PeerId& to, const ChunkName& name) const {
    return std::ranges::count_if(said<PieceMessage>(), [&](const auto& one) {
      return one.first == to && one.second.chunk == name;
    });
  }
  auto cancels(std::uint64_t to, const ChunkName& name) const {
    return std::ranges::count_if(said<CancelMessage>(), [&](const auto& one) {
      return one.first == peer(to) && one.second.chunk == name;
    });
  }
  auto requests(const ChunkName& name) const {
    return std::ranges::count_if(said<RequestMessage>(),
                                 [&](const auto& one) { return one.second.chunk == name; });
  }
  /// Somebody else is told that it is here.
  bool announces(const ChunkName& name) const {
    auto bit = number(name.chunk);
    return std::ranges::any_of(said<HaveMessage>(), [&](const auto& one) {
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

/// Chunks that a viewer of this kind pushes in twenty seconds.
std::size_t pushes(const Company::Kind& kind) {
  Company all(kind);
  all.cdn.sent.clear();
  all.run_for(20s);
  return all.pushed().size();
}

/// Of a new segment, of which it has begun to fetch its own part when a neighbour says that it has
/// it, or nobody does.
std::size_t pushes_its_own(bool somebody_has_it) {
  Company all(Company::Kind{.uplink = 0});
  all.cdn.latency = 100ms;
  auto fetches_it = [&] {
    return std::ranges::count(all.cdn.fetched, SequenceNumber{all.newest()}, &Fetch::sn) > 0;
  };
  do
    all.run_until_listed();
  while (!fetches_it());
  auto fast = all.nothing();
  fast.uplink = 8'000;
  for (std::uint64_t n = 2; n < 2 + neighbours; ++n)
    all.say(n, fast);
  if (somebody_has_it)
    all.has(2, {{0, chunk_count(VirtualCdn::size)}});
  auto sn = all.newest();
  all.run_for(500ms);
  auto pushed = all.pushed();
  return static_cast<std::size_t>(std::ranges::count_if(
      pushed, [&](const auto& one) { return number(one.second.object.sn) == sn; }));
}

} // namespace

// Rule: a chunk is pushed to the three who upload fastest; among equals, each in its turn.
GST_START_TEST(to_the_fastest) {
  auto all = company(10, 4'000);
  for (std::uint64_t n : {3, 7})
    all.at(peer(n)).tells_uplink(8'000);
  std::set<PeerId> thirds;
  for (std::uint32_t chunk = 0; chunk < 50; ++chunk) {
    auto three = receivers(all, 5, chunk);
    fail_unless(three.size() == 3 && three.contains(peer(3)) && three.contains(peer(7)));
    thirds.insert(three.begin(), three.end());
  }
  fail_unless_equals_int(static_cast<int>(thirds.size()), 10);
}
GST_END_TEST;

// Rule: not to who is slow or does not know whether it is, is hard to reach, does not upload, has
// the chunk, is far behind, or would not know what a push is.
GST_START_TEST(not_to_the_others) {
  void (*const unfit[])(Neighbour&) = {
      [](Neighbour& one) { one.tells_uplink(1'000); },
      [](Neighbour& one) { one = Neighbour(one.id(), start); },
      [](Neighbour& one) { one.tells_reach(39); },
      [](Neighbour& one) { one.uploads = false; },
      [](Neighbour& one) { one.hears_pushes = false; },
      [](Neighbour& one) { one.ready = false; },
      [](Neighbour& one) {
        HaveMessage have;
        have.newest_listed = SequenceNumber{5};
        have.objects = {{chunk_of(5, 0).object, chunk_size, {{0, 1}}}};
        one.learn(have);
      },
      [](Neighbour& one) {
        HaveMessage have;
        have.newest_listed = SequenceNumber{3};
        one.learn(have);
      }};
  int which = 0;
  for (auto make_unfit : unfit) {
    auto all = company(2, 4'000);
    fail_unless_equals_int(static_cast<int>(receivers(all).size()), 2);
    make_unfit(all.at(peer(0)));
    fail_unless(receivers(all) == std::set{peer(1)}, "case %d", which++);
  }
  auto all = company(2, 4'000);
  fail_unless(receivers(all, 6).size() == 2, "most have yet to say that they know the segment");
  fail_unless(receivers(all, 7).empty());
}
GST_END_TEST;

// Rule: who pushes as much as it may is never taken for one that pushes too much, as long as the
// two agree on the bitrate within a half; what goes on is a quarter of the stream at most where
// it is of no use.
GST_START_TEST(allowances) {
  for (double bitrate : {8'000., 250'000., 5'000'000.}) {
    PushAllowance given(share_to_push), taken(share_put_up_with), useless(share_put_up_with);
    int sent = 0, refused = 0, wasted = 0;
    for (auto now = start; now < start + 100s; now += 2ms) {
      if (given.take(now, 1, bitrate)) {
        ++sent;
        refused += !taken.take(now, 1, bitrate / 1.5);
      }
      wasted += useless.take(now, useless_push, bitrate);
    }
    auto chunks = std::max(bitrate / chunk_size * 100, 400.);
    fail_unless_equals_int(refused, 0);
    fail_unless(sent >= chunks * 0.24 && sent <= chunks * 0.26 + 4, "%d", sent);
    fail_unless(wasted <= chunks / 4 + 4, "%d", wasted);
  }
}
GST_END_TEST;

// Rule: what came from the CDN and nobody near has is pushed, to three viewers at most, who have
// been told how large the segment is by then.
GST_START_TEST(what_is_new_is_pushed) {
  Company all;
  auto pushed = all.pushed();
  fail_unless(!pushed.empty());
  for (const auto& push : pushed) {
    const auto& to = push.first;
    const auto& name = push.second;
    auto copies = std::ranges::count(
        pushed, name, [](const auto& one) -> const ChunkName& { return one.second; });
    fail_unless(copies <= 3);
    bool named = false;
    for (const auto& send : all.cdn.sent) {
      std::string reason;
      auto bytes = send.header;
      bytes.insert(bytes.end(), send.size, 0);
      auto message = decode(bytes, reason);
      if (send.to != to || !message)
        continue;
      if (auto* have = std::get_if<HaveMessage>(&*message))
        named |= std::ranges::any_of(have->objects, [&](const ObjectHave& object) {
          return object.object == name.object && object.size == VirtualCdn::size;
        });
      auto* piece = std::get_if<PieceMessage>(&*message);
      if (piece && piece->pushed && piece->chunk == name)
        break;
    }
    fail_unless(named);
  }
}
GST_END_TEST;

// Rule: what a neighbour has, or an audience of up to 32, or neighbours of an older version, or
// neighbours of who does not upload, are given nothing unasked.
GST_START_TEST(nobody_is_pushed_to) {
  fail_unless(pushes({}) > 0);
  fail_unless(pushes({33}) > 0);
  fail_unless_equals_int(static_cast<int>(pushes({32})), 0);
  fail_unless_equals_int(static_cast<int>(pushes({100, 1})), 0);
  Company::Kind silent;
  silent.settings.upload_limit = 0;
  fail_unless_equals_int(static_cast<int>(pushes(silent)), 0);
  Company::Kind shares;
  shares.settings.seed_share = 0.15;
  fail_unless_equals_int(static_cast<int>(pushes(shares)), 0);
  fail_unless(pushes_its_own(false) > 0);
  fail_unless_equals_int(static_cast<int>(pushes_its_own(true)), 0);
}
GST_END_TEST;

// Rule: what is not new is not pushed: who begins far behind live fetches what others have played.
GST_START_TEST(what_is_old) {
  Company::Kind behind;
  behind.settings.start_offset = 0s;
  Company all(behind);
  auto newest_at_first = VirtualCdn(settings()).first_number + 100 / 2 - 1;
  auto is_old = [&](SequenceNumber sn) { return number(sn) + 1 < newest_at_first; };
  fail_unless(std::ranges::any_of(all.cdn.fetched, is_old, &Fetch::sn));
  auto pushed = all.pushed();
  fail_if(pushed.empty());
  for (const auto& one : pushed)
    fail_if(is_old(one.second.object.sn), "%d", static_cast<int>(number(one.second.object.sn)));
}
GST_END_TEST;

// Rule: a request that crosses what is pushed is not answered again; one that follows it, or a
// Cancel, is.
GST_START_TEST(crossing_requests) {
  for (bool cancels : {false, true}) {
    Company all;
    all.cdn.sent.clear();
    all.run_until_pushed();
    auto [to, name] = all.pushed().front();
    auto who = std::uint64_t{2};
    while (peer(who) != to)
      ++who;
    if (cancels)
      all.say(who, CancelMessage{name});
    for (auto expected : {cancels ? 2 : 1, cancels ? 3 : 2}) {
      all.say(who, RequestMessage{name, 5'000ms, 0});
      all.run_for(300ms);
      fail_unless_equals_int(static_cast<int>(all.pieces(to, name)), expected);
    }
    fail_unless(all.said<BusyMessage>().empty());
  }
}
GST_END_TEST;

// Rule: what is pushed is kept and told of like what was asked for; who was asked for it meanwhile
// need not send it any more, and nobody is asked again.
GST_START_TEST(it_is_kept) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{0, 4}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1 && all.cancels(2, name) == 0);
  auto duplicates = all.cdn.swarm.statistics().duplicate_bytes;
  all.push(3, name);
  fail_unless(all.cancels(2, name) == 1 && all.cancels(3, name) == 0);
  all.run_for(500ms);
  fail_unless(all.announces(name));
  fail_unless_equals_int(static_cast<int>(all.requests(name)), 1);
  fail_unless_equals_uint64(all.cdn.swarm.statistics().duplicate_bytes, duplicates);
  all.push(3, name);
  fail_unless_equals_uint64(all.cdn.swarm.statistics().duplicate_bytes, duplicates + chunk_size);
  fail_unless(all.cancels(3, name) == 0 && all.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: what has been asked for meanwhile is an answer, however much was pushed before.
GST_START_TEST(it_answers_a_request) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{3, 1}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1);
  for (std::uint32_t i = 0; i < 3; ++i)
    all.push(2, all.chunk(all.newest() + 1, i));
  all.push(2, name);
  all.run_for(1s);
  fail_unless(all.announces(name) && all.cancels(2, name) == 0 && all.requests(name) == 1);
}
GST_END_TEST;

// Rule: a piece that crosses our cancel is taken where it is still lacked, and is no offence.
GST_START_TEST(crossing_pieces) {
  Company all(Company::Kind{.place = 0});
  all.cdn.latency = 1h;
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{3, 1}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1 && all.cancels(2, name) == 0);
  for (auto end = all.cdn.now + 10s; all.cancels(2, name) == 0; all.run_for(50ms))
    fail_unless(all.cdn.now < end);
  fail_if(all.announces(name));
  std::vector<std::uint8_t> media(chunk_size, 1);
  all.say(2, PieceMessage{name, media}, media);
  all.run_for(500ms);
  fail_unless(all.announces(name));
  for (int i = 0; i < 21; ++i) {
    fail_unless(all.said<ByeMessage>().empty());
    all.say(2, PieceMessage{name, media}, media);
  }
  fail_unless_equals_int(static_cast<int>(all.said<ByeMessage>().size()), 1);
}
GST_END_TEST;

// Rule: a segment that is not known here, or whose size is not, or that is another version, is no
// offence of who pushes it in good faith; it is told that it is of no use.
GST_START_TEST(what_is_not_known_is_tolerated) {
  Company all(Company::Kind{.place = 0});
  for (int segments = 0; segments < 40; ++segments) {
    all.run_until_listed();
    auto later = all.chunk(all.newest() + 1, 0);
    auto unnamed = all.chunk(all.newest(), 0);
    auto other = chunk_of(all.newest(), 0);
    for (const auto& name : {later, unnamed, other}) {
      all.push(static_cast<std::uint64_t>(segments % 2 + 3), name);
      fail_unless(all.cancels(static_cast<std::uint64_t>(segments % 2 + 3), name) == 1);
      all.run_for(600ms);
    }
  }
  fail_unless(all.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: who says that it has no use for what was pushed is left alone for five seconds; what could
// be pushed to it in bursts with such pauses is no offence.
GST_START_TEST(no_use_for_it) {
  Company all;
  all.cdn.sent.clear();
  all.run_until_pushed();
  auto [to, name] = all.pushed().front();
  auto who = std::uint64_t{2};
  while (peer(who) != to)
    ++who;
  auto count = [&] {
    return std::ranges::count(all.pushed(), to, [](const auto& one) { return one.first; });
  };
  all.say(who, CancelMessage{name});
  all.cdn.sent.clear();
  all.run_for(4900ms);
  fail_unless(count() == 0 && !all.pushed().empty());
  all.run_for(20s);
  fail_unless(count() > 0);

  Company bursts(Company::Kind{.place = 0});
  for (int pauses = 0; pauses < 50; ++pauses) {
    for (std::uint32_t chunk = 0; chunk < 4; ++chunk)
      bursts.push(3, bursts.chunk(bursts.newest() + 1, chunk));
    bursts.run_for(5s);
  }
  fail_unless(bursts.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: what is coming from the CDN is not taken from who pushes it.
GST_START_TEST(what_is_under_way) {
  Company all(Company::Kind{.place = 0});
  all.cdn.latency = 200ms;
  auto under_way = [&] {
    return !all.cdn.fetched.empty() && number(all.cdn.fetched.back().sn) + 2 <= all.newest();
  };
  all.cdn.fetched.clear();
  while (!under_way())
    all.run_for(all.cdn.step);
  auto fetch = all.cdn.fetched.back();
  auto chunk = static_cast<std::uint32_t>(fetch.first / chunk_size);
  auto before = all.cdn.swarm.statistics();
  all.push(3, all.chunk(number(fetch.sn), chunk));
  auto after = all.cdn.swarm.statistics();
  fail_unless_equals_uint64(after.duplicate_bytes - before.duplicate_bytes, chunk_size);
}
GST_END_TEST;

// Rule: of what is more than could be pushed in good faith nothing is kept, and who goes on with it
// is dropped; at once who pushes a piece of a wrong length.
GST_START_TEST(too_much) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  all.has(2, {});
  auto here = all.cdn.swarm.statistics().duplicate_bytes;
  for (std::uint32_t chunk = 0; chunk < 15; ++chunk)
    all.push(2, all.chunk(all.newest(), chunk));
  auto refused = (all.cdn.swarm.statistics().duplicate_bytes - here) / chunk_size;
  fail_unless(refused >= 6 && refused <= 8, "%d", static_cast<int>(refused));
  fail_unless(all.said<ByeMessage>().empty());
  for (int i = 0; i < 20; ++i)
    all.push(2, all.chunk(all.newest(), 0));
  auto byes = all.said<ByeMessage>();
  fail_unless(byes.size() == 1 && byes.front().first == peer(2));
  all.push(3, all.chunk(all.newest(), 14), 100);
  byes = all.said<ByeMessage>();
  fail_unless(byes.size() == 2 && byes.back().first == peer(3));
}
GST_END_TEST;

// Rule: who speaks an older version may push nothing.
GST_START_TEST(older_ones_may_not) {
  Company all(Company::Kind{.minor = 1, .place = 0});
  all.run_until_listed();
  all.has(2, {});
  auto name = all.chunk(all.newest(), 3);
  for (int i = 0; i < 21; ++i) {
    fail_unless(all.said<ByeMessage>().empty());
    all.push(2, name);
  }
  fail_unless(all.said<ByeMessage>().size() == 1 && !all.announces(name));
}
GST_END_TEST;

static Suite* push_suite() {
  auto* suite = suite_create("push");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, to_the_fastest);
  tcase_add_test(tcase, not_to_the_others);
  tcase_add_test(tcase, allowances);
  tcase_add_test(tcase, what_is_new_is_pushed);
  tcase_add_test(tcase, nobody_is_pushed_to);
  tcase_add_test(tcase, what_is_old);
  tcase_add_test(tcase, crossing_requests);
  tcase_add_test(tcase, it_is_kept);
  tcase_add_test(tcase, it_answers_a_request);
  tcase_add_test(tcase, crossing_pieces);
  tcase_add_test(tcase, what_is_not_known_is_tolerated);
  tcase_add_test(tcase, no_use_for_it);
  tcase_add_test(tcase, what_is_under_way);
  tcase_add_test(tcase, too_much);
  tcase_add_test(tcase, older_ones_may_not);
  return suite;
}

GST_CHECK_MAIN(push)
