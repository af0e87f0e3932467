// Init sections (EXT-X-MAP): objects like segments, but small, shared by many of these, and needed
// before any of them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"
#include "core/version.h"

#include "core_test.h"
#include "virtual_cdn.h"

#include <algorithm>

namespace {

constexpr Rid rid{{1, 2, 3, 4}};
const auto first_init = init_number("/live/init.mp4", 0, 0, 0);
const auto second_init = init_number("/live/init.mp4", 0, 0, 1);

/// Bytes of the section, as they were handed out.
bool is_section(const Deliver& deliver, SequenceNumber init) {
  if (deliver.init != init || deliver.duration != 0ns)
    return false;
  for (std::size_t i = 0; i < deliver.size; ++i)
    if (deliver.chunk.data()[i] != VirtualCdn::byte_at(number(init), deliver.offset + i))
      return false;
  return true;
}

auto fetches_of(const VirtualCdn& cdn, SequenceNumber object) {
  return std::ranges::count(cdn.fetched, object, &Fetch::sn);
}

/// A swarm with one neighbour, whose messages are literal.
class Beside {
public:
  explicit Beside(VirtualCdn& cdn) : cdn_(cdn) {
    cdn.swarm.joined(cdn.now, rid);
    cdn.swarm.peer_opened(cdn.now, other);
    HandshakeMessage hello;
    hello.rid = rid;
    hello.peer = other;
    hello.chunk_size = chunk_size;
    tell(hello);
  }

  void tell(const PeerMessage& message, std::size_t bytes = 0) {
    auto encoded = encode(message);
    std::vector<std::uint8_t> payload(bytes, 1);
    encoded.insert(encoded.end(), payload.begin(), payload.end());
    cdn_.swarm.peer_message(cdn_.now, other, encoded);
    cdn_.act();
  }

  void has_init(SequenceNumber init, std::uint64_t size) {
    HaveMessage have;
    have.newest_listed = SequenceNumber{cdn_.first_number + 60};
    have.objects.push_back({{init, version_of(basis_of_init(init), size)}, size, {{0, 1}}});
    tell(have);
  }

  /// Of one kind, as they were sent to it.
  template <typename Message>
  std::vector<Message> heard() const {
    std::vector<Message> out;
    std::string reason;
    for (const auto& send : cdn_.sent) {
      auto bytes = send.header;
      if (send.chunk)
        bytes.insert(bytes.end(), send.chunk.data(), send.chunk.data() + send.size);
      auto message = decode(bytes, reason);
      if (message && std::holds_alternative<Message>(*message))
        out.push_back(std::get<Message>(*message));
    }
    return out;
  }

  const PeerId other = peer(2);

private:
  VirtualCdn& cdn_;
};

ChunkName chunk_of_init(SequenceNumber init, std::uint64_t size) {
  return {{init, version_of(basis_of_init(init), size)}, ChunkIndex{0}};
}

} // namespace

// Rule: the section goes out before the first segment that needs it, once, and is fetched once.
GST_START_TEST(it_comes_first_and_once) {
  VirtualCdn cdn({});
  cdn.inits[0] = first_init;
  cdn.run_for(20s);
  fail_unless(cdn.delivered.size() > 50);
  fail_unless(is_section(cdn.delivered.front(), first_init));
  fail_unless(cdn.delivered.front().discontinuity, "the first bytes are those after the break");
  fail_unless_equals_uint64(cdn.delivered.front().segment_size, cdn.init_size);
  fail_unless(cdn.delivered[1].sn == cdn.delivered[0].sn && cdn.delivered[1].offset == 0);
  fail_if(cdn.delivered[1].discontinuity);
  fail_unless_equals_int(
      static_cast<int>(std::ranges::count(
          cdn.delivered, true, [](const Deliver& deliver) { return deliver.init.has_value(); })),
      1);
  fail_unless_equals_int(static_cast<int>(fetches_of(cdn, first_init)), 1);
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
}
GST_END_TEST;

// Rule: where another one is needed it goes out there, and is here by then.
GST_START_TEST(another_one_comes_where_it_is_needed) {
  VirtualCdn cdn({});
  cdn.inits[0] = first_init;
  cdn.inits[cdn.first_number + 54] = second_init;
  cdn.run_for(25s);
  auto found = std::ranges::find_if(
      cdn.delivered, [](const Deliver& deliver) { return deliver.init == second_init; });
  fail_unless(found != cdn.delivered.end() && is_section(*found, second_init));
  fail_unless_equals_uint64(number(found->sn), cdn.first_number + 54);
  fail_unless_equals_uint64(number(std::prev(found)->sn), cdn.first_number + 53);
  fail_unless(std::prev(found)->offset + std::prev(found)->size == std::prev(found)->segment_size);
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
}
GST_END_TEST;

// Rule: each comes again where it is needed again; it is fetched once while it is listed.
GST_START_TEST(they_may_alternate) {
  VirtualCdn cdn({});
  cdn.inits[0] = first_init;
  cdn.inits[cdn.first_number + 52] = second_init;
  cdn.inits[cdn.first_number + 54] = first_init;
  cdn.run_for(30s);
  std::vector<SequenceNumber> inits;
  for (const auto& deliver : cdn.delivered)
    if (deliver.init)
      inits.push_back(*deliver.init);
  fail_unless((inits == std::vector{first_init, second_init, first_init}));
  fail_unless_equals_int(static_cast<int>(fetches_of(cdn, first_init)), 1);
  fail_unless_equals_int(static_cast<int>(fetches_of(cdn, second_init)), 1);
}
GST_END_TEST;

// Rule: one of several chunks goes out whole.
GST_START_TEST(a_large_one_goes_out_whole) {
  VirtualCdn cdn({});
  cdn.inits[0] = first_init;
  cdn.init_size = 2 * chunk_size + 10;
  cdn.run_for(10s);
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    fail_unless(is_section(cdn.delivered[i], first_init));
    fail_unless_equals_uint64(cdn.delivered[i].offset, offset);
    offset += cdn.delivered[i].size;
  }
  fail_unless_equals_uint64(offset, cdn.init_size);
  fail_if(cdn.delivered[3].init);
}
GST_END_TEST;

// Rule: nothing goes out without it; it is asked for again until the server has it.
GST_START_TEST(nothing_goes_out_without_it) {
  VirtualCdn cdn({});
  cdn.inits[0] = first_init;
  cdn.keeps_inits = false;
  cdn.run_for(5s);
  fail_unless(cdn.delivered.empty());
  fail_unless(fetches_of(cdn, first_init) > 3);
  cdn.keeps_inits = true;
  cdn.run_for(10s);
  fail_unless(!cdn.delivered.empty() && is_section(cdn.delivered.front(), first_init));
}
GST_END_TEST;

// Rule: segments whose section the CDN does not have are left out once others are listed, and it
// is said so; the rest plays as far behind live as before. It is asked for as long as they are
// needed.
GST_START_TEST(segments_without_it_are_left_out) {
  VirtualCdn cdn({});
  auto lost = cdn.first_number + 54, rest = lost + 5;
  cdn.inits[0] = first_init;
  cdn.inits[lost] = second_init;
  cdn.inits[rest] = first_init;
  cdn.lost_inits = {second_init};
  cdn.run_for(15s);
  auto before = cdn.swarm.statistics().delay;
  cdn.run_for(45s);
  for (const auto& deliver : cdn.delivered)
    fail_if(number(deliver.sn) >= lost && number(deliver.sn) < rest);
  auto found = std::ranges::find_if(
      cdn.delivered, [&](const Deliver& deliver) { return number(deliver.sn) >= rest; });
  fail_unless(found != cdn.delivered.end(), "it stands");
  fail_unless_equals_uint64(number(found->sn), rest);
  fail_unless(found->discontinuity && found->new_line && found->offset == 0);
  fail_unless_equals_uint64(number(std::prev(found)->sn), lost - 1);
  auto later = cdn.swarm.statistics().delay;
  fail_unless(std::chrono::abs(later - before) <= 2 * VirtualCdn::segment, "%.2f, then %.2f",
              std::chrono::duration<double>(before).count(),
              std::chrono::duration<double>(later).count());
  fail_unless_equals_int(static_cast<int>(cdn.others.size()), 1);
  const auto* told = std::get_if<LeaveOut>(&cdn.others[0]);
  fail_unless(told && told->init == second_init);
  // Who waits is late, and has skipped some already.
  fail_unless(number(told->from) >= lost && number(told->from) < rest);
  fail_unless_equals_uint64(number(told->until), rest);
  fail_unless(fetches_of(cdn, second_init) > 3);
  auto fetches = fetches_of(cdn, second_init);
  cdn.run_for(20s);
  fail_unless(fetches_of(cdn, second_init) == fetches, "who needs it?");
}
GST_END_TEST;

// Rule: one that comes after it was refused is played: it was asked for all the same.
GST_START_TEST(one_that_comes_late_is_played) {
  VirtualCdn cdn({});
  auto late = cdn.first_number + 54;
  cdn.inits[0] = first_init;
  cdn.inits[late] = second_init;
  cdn.lost_inits = {second_init};
  auto asked = [&] { return fetches_of(cdn, second_init) >= 4; };
  for (int i = 0; i < 400 && !asked(); ++i)
    cdn.run_for(100ms);
  fail_unless(asked());
  cdn.lost_inits = {};
  cdn.run_for(20s);
  auto found = std::ranges::find_if(
      cdn.delivered, [](const Deliver& deliver) { return deliver.init == second_init; });
  fail_unless(found != cdn.delivered.end() && is_section(*found, second_init));
  fail_unless(cdn.others.empty(), "nothing was left out");
}
GST_END_TEST;

// Rule: what another viewer has of it is taken from there.
GST_START_TEST(it_comes_from_another_viewer) {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  VirtualCdn cdn(settings);
  cdn.inits[0] = first_init;
  cdn.run_for(1s);
  Beside beside(cdn);
  cdn.inits[cdn.first_number + 51] = second_init;
  beside.has_init(second_init, 700);
  auto wanted = chunk_of_init(second_init, 700);
  auto asked = [&] {
    auto requests = beside.heard<RequestMessage>();
    return std::ranges::find(requests, wanted, &RequestMessage::chunk) != requests.end();
  };
  for (int i = 0; i < 80 && !asked(); ++i)
    cdn.run_for(100ms);
  fail_unless(asked());
  PieceMessage piece{wanted, {}};
  std::vector<std::uint8_t> payload(700, 1);
  piece.payload = payload;
  beside.tell(piece, payload.size());
  cdn.run_for(15s);
  auto found = std::ranges::find_if(
      cdn.delivered, [](const Deliver& deliver) { return deliver.init == second_init; });
  fail_unless(found != cdn.delivered.end());
  fail_unless_equals_uint64(found->size, 700);
  fail_unless_equals_int(found->chunk.data()[699], 1);
  fail_unless_equals_int(static_cast<int>(fetches_of(cdn, second_init)), 0);
}
GST_END_TEST;

// Rule: a viewer tells that it has it, and gives it.
GST_START_TEST(it_is_given_to_others) {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  VirtualCdn cdn(settings);
  cdn.inits[0] = first_init;
  cdn.run_for(2s);
  Beside beside(cdn);
  auto wanted = chunk_of_init(first_init, cdn.init_size);
  auto told = beside.heard<HaveMessage>();
  fail_unless(std::ranges::any_of(told, [&](const HaveMessage& have) {
    return std::ranges::find(have.objects, wanted.object, &ObjectHave::object) !=
           have.objects.end();
  }));
  beside.tell(RequestMessage{wanted, 2000ms, 0});
  cdn.run_for(1s);
  auto sent = std::ranges::find_if(
      cdn.sent, [&](const Send& send) { return send.chunk && send.size == cdn.init_size; });
  fail_unless(sent != cdn.sent.end());
}
GST_END_TEST;

// Rule: a section that no listed segment needs any more takes no memory.
GST_START_TEST(it_is_forgotten_with_its_segments) {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  VirtualCdn cdn(settings);
  cdn.inits[0] = first_init;
  cdn.inits[cdn.first_number + 53] = second_init;
  cdn.run_for(120s);
  Beside beside(cdn);
  auto gone = chunk_of_init(first_init, cdn.init_size).object;
  auto here = chunk_of_init(second_init, cdn.init_size).object;
  bool tells_here = false;
  for (const auto& have : beside.heard<HaveMessage>()) {
    fail_unless(std::ranges::find(have.objects, gone, &ObjectHave::object) == have.objects.end());
    tells_here |= std::ranges::find(have.objects, here, &ObjectHave::object) != have.objects.end();
    fail_if(is_init(have.oldest));
  }
  fail_unless(tells_here);
}
GST_END_TEST;

// Rule: its number depends on path, range and discontinuity, not on the host, and is no segment's.
GST_START_TEST(its_number) {
  fail_unless(is_init(first_init) && is_init(second_init) && first_init != second_init);
  fail_unless(init_number("/a", 0, 0, 0) != init_number("/b", 0, 0, 0));
  fail_unless(init_number("/a", 0, 10, 0) != init_number("/a", 10, 10, 0));
  fail_unless(init_number("/a", 0, 10, 0) != init_number("/a", 0, 0, 10));
}
GST_END_TEST;

static Suite* init_section_suite() {
  auto* suite = suite_create("init_section");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, it_comes_first_and_once);
  tcase_add_test(tcase, another_one_comes_where_it_is_needed);
  tcase_add_test(tcase, they_may_alternate);
  tcase_add_test(tcase, a_large_one_goes_out_whole);
  tcase_add_test(tcase, nothing_goes_out_without_it);
  tcase_add_test(tcase, segments_without_it_are_left_out);
  tcase_add_test(tcase, one_that_comes_late_is_played);
  tcase_add_test(tcase, it_comes_from_another_viewer);
  tcase_add_test(tcase, it_is_given_to_others);
  tcase_add_test(tcase, it_is_forgotten_with_its_segments);
  tcase_add_test(tcase, its_number);
  return suite;
}

GST_CHECK_MAIN(init_section)
