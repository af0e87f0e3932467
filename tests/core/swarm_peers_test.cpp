// What a swarm says to another viewer, and when: one whose messages are literal.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"
#include "core/swarm.h"
#include "core/version.h"

#include "core_test.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace {

constexpr Rid rid{{1, 2, 3, 4}};
constexpr WallTime wall{std::chrono::milliseconds(1'700'000'000'000)};
constexpr std::uint64_t size = chunk_size;      ///< of a segment: few requests reach far
constexpr std::uint64_t first = 10, count = 15; ///< segments that are listed

Listing listing(std::uint64_t segments = count) {
  Listing out{2s, false, {}};
  for (auto n = first; n < first + segments; ++n)
    out.segments.push_back(
        {SequenceNumber{n}, 2s, 0, wall + std::chrono::seconds(2 * (n - first)), false});
  return out;
}

Settings settings() {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  settings.live_delay = 30s;
  return settings;
}

/// A swarm in a stream that has just stopped growing, and the viewers it is connected with. Its CDN
/// never answers.
class Conversation {
public:
  Conversation() : swarm_(start, settings()) {
    swarm_.listed(now_, wall + 30s, listing());
    swarm_.joined(now_, rid);
    collect();
  }

  /// It has everything that is listed, or nothing.
  void meet(const PeerId& id, bool has_all) {
    swarm_.peer_opened(now_, id);
    HandshakeMessage hello;
    hello.rid = rid;
    hello.peer = id;
    hello.chunk_size = chunk_size;
    tell(id, hello);
    auto have = nothing();
    if (has_all)
      for (const auto& segment : listing().segments)
        have.objects.push_back(
            {{segment.sn, version_of(basis_of(segment), size)}, size, {{0, chunk_count(size)}}});
    tell(id, have);
  }

  /// It names all that is listed, and has nothing of it.
  void hear_names(const PeerId& id) {
    auto have = nothing();
    for (const auto& segment : listing().segments)
      have.objects.push_back({{segment.sn, version_of(basis_of(segment), size)}, size, {}});
    tell(id, have);
  }
  /// It has got a segment that it has named.
  void hear_news(const PeerId& id, std::uint64_t sn) {
    auto have = nothing();
    have.gains = {{SequenceNumber{sn}, 0, 1}};
    tell(id, have);
  }

  /// It says how many viewers it can be connected with.
  void hear_reach(const PeerId& id, std::uint8_t per_cent) {
    auto have = nothing();
    have.reach = per_cent;
    tell(id, have);
  }
  /// The playlist shows one more segment.
  void list_one_more() {
    swarm_.listed(now_, wall + 32s, listing(count + 1));
    collect();
  }

  /// It says that it is there.
  void hear_of(const PeerId& id) { tell(id, nothing()); }

  void run_for(Duration time) {
    for (auto end = now_ + time; swarm_.next_wakeup() <= end; collect()) {
      now_ = std::max(now_, swarm_.next_wakeup());
      ++advances;
      swarm_.advance(now_);
    }
  }

  struct Said {
    Time at;
    PeerId to;
    PeerMessage message;
  };
  /// All messages of that kind to that viewer, since the start.
  template <typename Message>
  std::vector<std::pair<Time, Message>> said(const PeerId& to) const {
    std::vector<std::pair<Time, Message>> out;
    for (const auto& said : said_)
      if (auto* message = std::get_if<Message>(&said.message); message && said.to == to)
        out.emplace_back(said.at, *message);
    return out;
  }

  unsigned advances = 0; ///< times that it had itself woken

  /// Segments for which the CDN was asked, with the times.
  std::vector<std::pair<Time, Fetch>> fetched;

private:
  static HaveMessage nothing() {
    HaveMessage have;
    have.oldest = SequenceNumber{first};
    have.newest_listed = SequenceNumber{first + count - 1};
    return have;
  }

  void tell(const PeerId& from, const PeerMessage& message) {
    swarm_.peer_message(now_, from, encode(message));
    collect();
  }

  void collect() {
    for (const auto& action : swarm_.take_actions())
      if (auto* send = std::get_if<Send>(&action)) {
        std::string reason;
        auto message = decode(send->header, reason);
        fail_unless(message.has_value(), "%s", reason.c_str());
        said_.push_back({now_, send->to, *message});
      } else if (auto* fetch = std::get_if<Fetch>(&action)) {
        fetched.emplace_back(now_, *fetch);
      }
  }

  Time now_ = start;
  Swarm swarm_;
  std::vector<Said> said_;
};

} // namespace

// Rule: who hears nothing new hears every five seconds that we are still there.
GST_START_TEST(silence_is_broken) {
  Conversation talk;
  talk.meet(peer(2), false);
  for (int i = 0; i < 15; ++i, talk.hear_of(peer(2)))
    talk.run_for(4s);
  auto haves = talk.said<HaveMessage>(peer(2));
  fail_unless(haves.size() >= 11 && haves.size() <= 14, "%d in a minute",
              static_cast<int>(haves.size()));
  for (std::size_t i = 1; i < haves.size(); ++i) {
    auto pause = haves[i].first - haves[i - 1].first;
    fail_unless(pause <= 5s, "silent for %.2f s", seconds(pause));
  }
  const auto& last = haves.back().second;
  fail_unless(last.objects.empty() && last.gains.empty());
  fail_unless(last.newest_listed == SequenceNumber{first + count - 1});
}
GST_END_TEST;

// Rule: what nobody had and somebody now has is asked for at once.
GST_START_TEST(news_are_acted_on) {
  Conversation talk;
  talk.meet(peer(2), false);
  talk.hear_names(peer(2));
  talk.run_for(500ms);
  auto last = first + count - 1;
  auto asked = [&] {
    return std::ranges::any_of(talk.said<RequestMessage>(peer(2)), [&](const auto& said) {
      return said.second.chunk.object.sn == SequenceNumber{last};
    });
  };
  fail_if(asked());
  talk.hear_news(peer(2), last);
  fail_unless(asked());
}
GST_END_TEST;

// Rule: a viewer that is asked is told how long it is believed, which is never longer than five
// seconds. When it has not answered then, it is told so, and others are asked.
GST_START_TEST(silence_is_given_up) {
  Conversation talk;
  talk.meet(peer(2), true);
  talk.run_for(20ms);
  auto requests = talk.said<RequestMessage>(peer(2));
  talk.meet(peer(3), true);
  talk.run_for(20s);
  unsigned short_ones = 0, long_ones = 0, asked_elsewhere = 0;
  for (const auto& [asked_at, request] : requests) {
    auto is_it = [&chunk = request.chunk](const auto& said) { return said.second.chunk == chunk; };
    auto cancels = talk.said<CancelMessage>(peer(2));
    auto cancel = std::ranges::find_if(cancels, is_it);
    Duration told = request.deadline;
    short_ones += told < 2s;
    long_ones += told > 4s;
    if (cancel == cancels.end()) { // it had failed often enough by then
      auto byes = talk.said<ByeMessage>(peer(2));
      fail_unless(!byes.empty() && byes.front().first <= asked_at + told, "believed for ever");
      continue;
    }
    auto believed = cancel->first - asked_at;
    fail_unless(told <= 5s && std::chrono::abs(believed - told) <= 50ms, "%.3f of %.3f s",
                seconds(believed), seconds(told));
    auto again = talk.said<RequestMessage>(peer(3));
    asked_elsewhere += std::ranges::any_of(again, is_it);
  }
  fail_unless(short_ones > 0 && long_ones > 0, "%d, %d", static_cast<int>(short_ones),
              static_cast<int>(long_ones));
  fail_unless(asked_elsewhere > 0);
}
GST_END_TEST;

// Rule: whose turn it is to fetch what is listed does not change until more is listed: others have
// begun to fetch by what was known before.
GST_START_TEST(turns_are_settled) {
  Conversation talk;
  for (int i = 2; i < 12; ++i) {
    talk.meet(peer(i), false);
    talk.hear_names(peer(i));
  }
  talk.run_for(350ms);
  auto own = talk.fetched.size();
  fail_unless(own < 4, "%zu", own); // as many as are fetched at a time
  for (int i = 2; i < 12; ++i)
    talk.hear_reach(peer(i), 1);
  auto other = first + 2;
  while (std::ranges::any_of(talk.fetched,
                             [&](const auto& entry) { return number(entry.second.sn) == other; }))
    ++other;
  talk.hear_news(peer(2), other); // a reason to look at everything anew
  fail_unless_equals_int(talk.fetched.size(), own);
  talk.list_one_more();
  fail_unless(talk.fetched.size() > own);
}
GST_END_TEST;

// Rule: who waits sleeps, also before the first bytes are there.
GST_START_TEST(it_sleeps) {
  Conversation talk;
  talk.meet(peer(2), true);
  talk.run_for(20s);
  fail_unless(talk.advances > 20 && talk.advances < 2'000, "%u", talk.advances);
}
GST_END_TEST;

static Suite* swarm_peers_suite() {
  auto* suite = suite_create("swarm_peers");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, silence_is_broken);
  tcase_add_test(tcase, it_sleeps);
  tcase_add_test(tcase, news_are_acted_on);
  tcase_add_test(tcase, silence_is_given_up);
  tcase_add_test(tcase, turns_are_settled);
  return suite;
}

GST_CHECK_MAIN(swarm_peers)
