// What a newcomer takes of its first segment, and from whom.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"
#include "core/version.h"

#include "core_test.h"
#include "virtual_cdn.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

constexpr Rid rid{{1, 2, 3, 4}};
/// A second and a third, as long as nothing is known of how fast the CDN answers.
constexpr std::uint64_t most_at_first = VirtualCdn::size * 2 / 3;

Settings among_others() {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  return settings;
}

/// Of the first segment, the bytes that were asked for, however often.
std::uint64_t asked_for(const VirtualCdn& cdn) {
  std::uint64_t bytes = 0;
  for (const auto& fetch : cdn.fetched)
    if (fetch.sn == cdn.fetched.front().sn)
      bytes += std::min(fetch.last + 1, VirtualCdn::size) - fetch.first;
  return bytes;
}

/// A neighbour that has all of the segment with which the viewer began.
class Neighbour {
public:
  explicit Neighbour(VirtualCdn& cdn) : cdn_(cdn) {
    cdn_.swarm.peer_opened(cdn_.now, peer(2));
    HandshakeMessage hello;
    hello.rid = rid;
    hello.peer = peer(2);
    hello.chunk_size = chunk_size;
    tell(encode(hello));
    auto sn = cdn_.fetched.front().sn;
    auto date = cdn_.date((number(sn) - cdn_.first_number) * VirtualCdn::segment);
    ListedSegment segment{sn, VirtualCdn::segment, 0, date, false, {}};
    HaveMessage have;
    have.oldest = have.newest_listed = sn;
    have.objects.push_back({{sn, version_of(basis_of(segment), VirtualCdn::size)},
                            VirtualCdn::size,
                            {{0, chunk_count(VirtualCdn::size)}}});
    tell(encode(have));
  }

  /// Gives what it was asked for since the last time.
  void answer() {
    for (; heard_ < cdn_.sent.size(); ++heard_) {
      std::string reason;
      auto message = decode(cdn_.sent[heard_].header, reason);
      auto* request = message ? std::get_if<RequestMessage>(&*message) : nullptr;
      if (request)
        give(request->chunk);
    }
  }

private:
  void give(const ChunkName& chunk) {
    auto begin = number(chunk.chunk) * std::uint64_t{chunk_size};
    std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(chunk_size, VirtualCdn::size - begin));
    auto message = encode(PieceMessage{chunk, bytes});
    message.insert(message.end(), bytes.begin(), bytes.end());
    tell(message);
  }

  void tell(const std::vector<std::uint8_t>& message) {
    cdn_.swarm.peer_message(cdn_.now, peer(2), message);
    cdn_.swarm.advance(cdn_.now);
    cdn_.act();
  }

  VirtualCdn& cdn_;
  std::size_t heard_ = 0;
};

} // namespace

// Rule: who is about to meet others fetches the beginning of its first segment only, and whom it
// has met by the time when the next byte is due gives the rest.
GST_START_TEST(the_rest_from_a_neighbour) {
  VirtualCdn cdn(among_others());
  cdn.swarm.joined(cdn.now, rid);
  cdn.run_for(300ms);
  fail_unless_equals_uint64(cdn.fetched[0].first, 0);
  auto at_first = asked_for(cdn);
  fail_unless(at_first <= most_at_first, "%d", static_cast<int>(at_first));
  Neighbour neighbour(cdn);
  for (int i = 0; i < 20; ++i) {
    cdn.run_for(100ms);
    neighbour.answer();
  }
  fail_unless_equals_uint64(asked_for(cdn), at_first);
  fail_unless(cdn.delivered.back().sn > cdn.fetched.front().sn, "it did not go on");
}
GST_END_TEST;

// Rule: who has met nobody by then goes on from the CDN, each byte once and in time, and not chunk
// by chunk.
GST_START_TEST(the_rest_from_the_cdn) {
  for (std::uint64_t times : {1, 10}) {
    VirtualCdn cdn(among_others());
    cdn.usual = times * VirtualCdn::size;
    cdn.run_for(8s);
    std::uint64_t bytes = 0, requests = 0;
    for (const auto& fetch : cdn.fetched)
      if (fetch.sn == cdn.fetched.front().sn) {
        bytes += std::min(fetch.last + 1, cdn.usual) - fetch.first;
        ++requests;
      }
    fail_unless_equals_uint64(bytes, cdn.usual);
    fail_unless(requests <= 10, "%d", static_cast<int>(requests));
    fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
  }
}
GST_END_TEST;

// Rule: where viewers have little time to help each other, nobody could be met in time.
GST_START_TEST(in_a_hurry) {
  auto settings = among_others();
  settings.live_delay = 5s;
  VirtualCdn cdn(settings);
  cdn.run_for(100ms);
  fail_unless(cdn.fetched[0].first == 0 && cdn.fetched[0].last >= VirtualCdn::size - 1);
}
GST_END_TEST;

// Rule: who has nobody to wait for, as it plays from the CDN alone, takes all of it at once.
GST_START_TEST(alone) {
  VirtualCdn cdn(Settings{});
  cdn.run_for(100ms);
  fail_if(cdn.fetched.empty());
  fail_unless(cdn.fetched[0].first == 0 && cdn.fetched[0].last >= VirtualCdn::size - 1);
}
GST_END_TEST;

static Suite* newcomer_suite() {
  auto* suite = suite_create("newcomer");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_rest_from_a_neighbour);
  tcase_add_test(tcase, the_rest_from_the_cdn);
  tcase_add_test(tcase, in_a_hurry);
  tcase_add_test(tcase, alone);
  return suite;
}

GST_CHECK_MAIN(newcomer)
