// The life of a chunk as it is handed out: where it came from, and when.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"
#include "core/version.h"

#include "core_test.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace {

Settings traced() {
  Settings settings;
  settings.traces = true;
  return settings;
}

/// The pacer says when something is due, or a moment later.
bool is_about(Time time, Time expected, Duration tolerance = 10us) {
  return std::chrono::abs(time - expected) <= tolerance;
}

/// Media time of a whole chunk of VirtualCdn's segments: 32 712 of 500 000 bytes of two seconds.
constexpr Duration of_a_chunk = 130'848us;

/// A viewer whose CDN answers at once with segments of one chunk, of which it needs the first; and
/// another one that has them all, and answers when it is told to.
class Talk {
public:
  Talk() : swarm_(start, settings()) {
    Listing listing{2s, false, {}};
    for (std::uint64_t n = 10; n < 25; ++n)
      listing.segments.push_back({SequenceNumber{n}, 2s, 0, wall + 2s * (n - 10), false});
    swarm_.listed(start, wall + 30s, listing);
    swarm_.joined(start, rid);
    swarm_.peer_opened(start, peer(2));
    HandshakeMessage hello;
    hello.rid = rid;
    hello.peer = peer(2);
    hello.chunk_size = chunk_size;
    swarm_.peer_message(start, peer(2), encode(hello));
    HaveMessage have;
    have.oldest = listing.segments.front().sn;
    have.newest_listed = listing.segments.back().sn;
    for (const auto& segment : listing.segments)
      have.objects.push_back(
          {{segment.sn, version_of(basis_of(segment), chunk_size)}, chunk_size, {{0, 1}}});
    swarm_.peer_message(start, peer(2), encode(have));
    take_actions();
  }

  void answer(Time at) {
    std::vector<std::uint8_t> bytes(chunk_size);
    now_ = at;
    for (const auto& request : std::exchange(requests, {})) {
      auto message = encode(PieceMessage{request.chunk, bytes});
      message.insert(message.end(), bytes.begin(), bytes.end());
      swarm_.peer_message(at, peer(2), message);
    }
    swarm_.advance(at);
    take_actions();
  }

  std::vector<RequestMessage> requests; ///< of `start`, to be answered
  std::vector<Deliver> delivered;

private:
  static constexpr Rid rid{{1, 2, 3, 4}};
  static constexpr WallTime wall{std::chrono::milliseconds(1'700'000'000'000)};

  static Settings settings() {
    auto settings = traced();
    settings.self = peer(1);
    settings.expects_peers = true;
    settings.live_delay = 30s;
    return settings;
  }

  void take_actions() {
    for (auto actions = swarm_.take_actions(); !actions.empty(); actions = swarm_.take_actions())
      for (const auto& action : actions)
        if (auto* deliver = std::get_if<Deliver>(&action))
          take(*deliver);
        else if (auto* fetch = std::get_if<Fetch>(&action))
          serve(*fetch);
        else if (auto* send = std::get_if<Send>(&action))
          note(*send);
  }

  void take(const Deliver& deliver) {
    delivered.push_back(deliver);
    swarm_.taken(now_, deliver.size, {});
  }

  void serve(const Fetch& fetch) {
    swarm_.fetch_answered(start, fetch.id, {0, chunk_size});
    swarm_.fetch_data(start, fetch.id, std::vector<std::uint8_t>(chunk_size));
    swarm_.fetch_done(start, fetch.id);
  }

  void note(const Send& send) {
    std::string reason;
    auto message = decode(send.header, reason);
    if (auto* request = message ? std::get_if<RequestMessage>(&*message) : nullptr)
      requests.push_back(*request);
  }

  Time now_ = start;
  Swarm swarm_;
};

} // namespace

// Rule: without Settings::traces nothing is kept, and nothing handed out.
GST_START_TEST(nothing_where_nobody_looks) {
  VirtualCdn cdn({});
  cdn.run_for(5s);
  fail_unless(!cdn.delivered.empty());
  for (const auto& deliver : cdn.delivered)
    fail_if(deliver.life);
}
GST_END_TEST;

// Rule: what the CDN sent was asked for when the fetch began, and got when it was whole. The first
// chunk is due when it goes out; before anything is in reserve, each of the others as soon as what
// is before it has been played.
GST_START_TEST(from_the_cdn) {
  VirtualCdn cdn(traced());
  cdn.run_for(1s);
  fail_unless(cdn.delivered.size() > 15);
  for (std::size_t i = 0; i < 15; ++i) {
    const auto& life = cdn.delivered[i].life;
    fail_unless(life && !life->from);
    fail_unless(life->asked_at == start);
    fail_unless(life->got_at == start + 20ms);
    fail_unless(is_about(life->due_at.value(), start + 20ms + i * of_a_chunk));
  }
}
GST_END_TEST;

// Rule: what comes late was due when it began to be missed.
GST_START_TEST(late) {
  VirtualCdn cdn(traced());
  cdn.run_for(21s);
  auto before = cdn.delivered.size();
  cdn.fails = true;
  cdn.run_for(9s);
  cdn.fails = false;
  cdn.run_for(4s);
  auto late = std::find_if(
      cdn.delivered.begin() + static_cast<std::ptrdiff_t>(before), cdn.delivered.end(),
      [](const Deliver& deliver) { return deliver.life->got_at > *deliver.life->due_at; });
  fail_unless(late != cdn.delivered.end());
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 1);
  auto starved = cdn.swarm.statistics().starved_time;
  auto at = cdn.delivered_at[static_cast<std::size_t>(late - cdn.delivered.begin())];
  fail_unless(starved > 1s && is_about(*late->life->due_at, at - starved, cdn.step),
              "late by %.3f s, starved for %.3f s", seconds(at - *late->life->due_at),
              seconds(starved));
  // So were those that came with it.
  fail_unless(is_about(*(late + 1)->life->due_at, *late->life->due_at + late->duration));
}
GST_END_TEST;

// Rule: nothing is late because nobody takes it.
GST_START_TEST(a_pause) {
  auto settings = traced();
  settings.late = Late::keep;
  VirtualCdn cdn(settings);
  cdn.run_for(21s);
  cdn.fails = true;
  cdn.run_for(9s);
  cdn.fails = cdn.takes = false;
  auto before = cdn.delivered.size();
  cdn.run_for(6s);
  auto held = cdn.delivered.size();
  fail_unless(held > before); // what was late goes out until the consumer is blocked
  cdn.takes = true;
  for (auto i = before; i < held; ++i)
    cdn.swarm.taken(cdn.now, cdn.delivered[i].size, {});
  cdn.act();
  fail_unless(cdn.delivered.size() > held);
  auto due = *cdn.delivered[held].life->due_at;
  fail_unless(due >= cdn.now, "due %.3f s before it could be taken", seconds(cdn.now - due));
}
GST_END_TEST;

// Rule: where bytes go out as they come nothing is due.
GST_START_TEST(without_a_pace) {
  auto settings = traced();
  settings.pace = Pace::none;
  VirtualCdn cdn(settings);
  cdn.run_for(1s);
  fail_unless(!cdn.delivered.empty());
  for (const auto& deliver : cdn.delivered)
    fail_if(deliver.life->due_at);
}
GST_END_TEST;

// Rule: init sections have a life of their own, and are due with the segment behind them.
GST_START_TEST(an_init_section) {
  VirtualCdn cdn(traced());
  cdn.inits[cdn.first_number] = init_number("/init.mp4", 0, 0, 0);
  cdn.run_for(1s);
  fail_unless(cdn.delivered.size() > 2 && cdn.delivered[0].init && !cdn.delivered[1].init);
  const auto &init = *cdn.delivered[0].life, &first = *cdn.delivered[1].life;
  fail_unless(init.asked_at == start && init.got_at == start + 20ms);
  fail_unless(*init.due_at == *first.due_at);
}
GST_END_TEST;

// Rule: what another viewer sent has that viewer's id, and was asked for when the request went out.
// It is due when what is before it, two seconds, has been played, but for the reserve, which grows
// by a twentieth of the time.
GST_START_TEST(from_another_viewer) {
  Talk talk;
  fail_unless(talk.requests.size() > 1);
  talk.answer(start + 150ms);
  fail_unless(talk.delivered.size() > 1 && !talk.delivered[0].life->from);
  const auto& life = talk.delivered[1].life;
  fail_unless(life && life->from == peer(2));
  fail_unless(life->asked_at == start);
  fail_unless(life->got_at == start + 150ms);
  fail_unless(is_about(*life->due_at, start + 2s - 7'500us));
}
GST_END_TEST;

static Suite* chunk_life_suite() {
  auto* suite = suite_create("chunk_life");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, nothing_where_nobody_looks);
  tcase_add_test(tcase, from_the_cdn);
  tcase_add_test(tcase, late);
  tcase_add_test(tcase, a_pause);
  tcase_add_test(tcase, without_a_pace);
  tcase_add_test(tcase, an_init_section);
  tcase_add_test(tcase, from_another_viewer);
  return suite;
}

GST_CHECK_MAIN(chunk_life)
