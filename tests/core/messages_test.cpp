// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"

#include "core_test.h"

#include <random>

namespace {

std::vector<std::uint8_t> payload(std::size_t size) {
  return std::vector<std::uint8_t>(size, 0x47);
}

/// One of each kind, as bytes of a whole data channel message.
std::vector<std::vector<std::uint8_t>> one_of_each() {
  HandshakeMessage hello;
  hello.rid.bytes[3] = 9;
  hello.peer = peer(1);
  hello.chunk_size = chunk_size;
  hello.uplink = 512;
  hello.reach = 15;
  HaveMessage have;
  have.oldest = SequenceNumber{3};
  have.newest_listed = SequenceNumber{9};
  have.objects.push_back({chunk_of(5, 0).object, 10 * chunk_size, {{0, 3}, {7, 3}}});
  have.objects.push_back({chunk_of(6, 0, 8).object, 188, {}});
  have.gains = {{SequenceNumber{4}, 32, 0x80000001}};
  have.uplink = 4'096;
  have.reach = 70;
  auto media = payload(500);
  auto piece = encode(PieceMessage{chunk_of(5, 2), media});
  piece.insert(piece.end(), media.begin(), media.end());
  return {encode(hello),
          encode(have),
          encode(RequestMessage{chunk_of(5, 2), 1'500ms, 7}),
          encode(CancelMessage{chunk_of(5, 2)}),
          piece,
          encode(BusyMessage{chunk_of(5, 2), 100ms, true}),
          encode(ByeMessage{"leaving"}),
          encode(NewsMessage{{SequenceNumber{4}, 32, 0x80000001}})};
}

template <typename Message>
Message read(const std::vector<std::uint8_t>& bytes) {
  std::string reason;
  auto message = decode(bytes, reason);
  fail_unless(message && std::holds_alternative<Message>(*message), "%s", reason.c_str());
  return std::get<Message>(*message);
}

} // namespace

// Rule: every message comes out as it went in.
GST_START_TEST(round_trips) {
  auto all = one_of_each();
  auto hello = read<HandshakeMessage>(all[0]);
  fail_unless(hello.major == 1 && hello.peer == peer(1) && hello.rid.bytes[3] == 9);
  fail_unless(hello.chunk_size == chunk_size && hello.uploads);
  fail_unless_equals_int(hello.uplink, 512);
  fail_unless_equals_int(hello.reach, 15);
  auto have = read<HaveMessage>(all[1]);
  fail_unless(have.oldest == SequenceNumber{3} && have.newest_listed == SequenceNumber{9});
  fail_unless_equals_int(have.objects.size(), 2);
  fail_unless(have.objects[0].object == chunk_of(5, 0).object);
  fail_unless(have.objects[0].chunks == std::vector<ChunkSpan>({{0, 3}, {7, 3}}));
  fail_unless_equals_uint64(have.objects[1].size, 188);
  fail_unless_equals_int(have.uplink, 4'096);
  fail_unless_equals_int(have.reach, 70);
  fail_unless_equals_int(have.gains.size(), 1);
  fail_unless(have.gains[0].sn == SequenceNumber{4} && have.gains[0].first == 32 &&
              have.gains[0].bits == 0x80000001);
  fail_unless(read<RequestMessage>(all[2]).chunk == chunk_of(5, 2));
  fail_unless(read<RequestMessage>(all[2]).deadline == 1'500ms);
  fail_unless_equals_int(read<RequestMessage>(all[2]).others, 7);
  fail_unless(read<CancelMessage>(all[3]).chunk == chunk_of(5, 2));
  fail_unless_equals_int(read<PieceMessage>(all[4]).payload.size(), 500);
  auto busy = read<BusyMessage>(all[5]);
  fail_unless(busy.retry_after == 100ms && busy.gone);
  auto bye = read<ByeMessage>(all[6]);
  fail_unless_equals_string(bye.reason.c_str(), "leaving");
  auto news = read<NewsMessage>(all[7]).gain;
  fail_unless(news.sn == SequenceNumber{4} && news.first == 32 && news.bits == 0x80000001);
}
GST_END_TEST;

// Rule: no prefix of a message, and no message with changed bytes, does harm.
GST_START_TEST(prefixes_and_mutations) {
  std::mt19937_64 random(42);
  std::string reason;
  std::size_t understood = 0;
  for (const auto& bytes : one_of_each()) {
    for (std::size_t length = 0; length < bytes.size(); ++length)
      decode(std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + length), reason);
    for (int round = 0; round < 10'000; ++round) {
      auto changed = bytes;
      for (auto times = 1 + random() % 4; times > 0; --times)
        changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
      if (auto message = decode(changed, reason))
        if (++understood; auto* have = std::get_if<HaveMessage>(&*message))
          for (const auto& object : have->objects)
            fail_unless(object.size <= max_segment_size);
    }
  }
  fail_unless(understood > 0);
}
GST_END_TEST;

// Rule: what is beyond the bounds is a protocol error with a reason.
GST_START_TEST(bounds) {
  std::string reason;
  HaveMessage have;
  have.objects.push_back({chunk_of(5, 0).object, std::uint64_t{1} << 40, {}});
  fail_if(decode(encode(have), reason));
  fail_unless(reason.find("larger") != std::string::npos);
  have.objects = {{chunk_of(5, 0).object, 2 * chunk_size, {{1, 2}}}};
  fail_if(decode(encode(have), reason));
  have.objects = {{chunk_of(5, 0).object, 2 * chunk_size, {{0xffffffff, 2}}}};
  fail_if(decode(encode(have), reason));
  have.objects.clear();
  have.gains.assign(max_have_ranges + 1, {});
  fail_if(decode(encode(have), reason));
  have.gains.clear();
  have.objects.assign(max_have_objects + 1, {chunk_of(5, 0).object, 188, {}});
  fail_if(decode(encode(have), reason));
  auto media = payload(500);
  auto piece = encode(PieceMessage{chunk_of(5, 2), media});
  piece.insert(piece.end(), media.begin(), media.end() - 1);
  fail_if(decode(piece, reason));
  auto large = payload(chunk_size + 1);
  piece = encode(PieceMessage{chunk_of(5, 2), large});
  piece.insert(piece.end(), large.begin(), large.end());
  fail_if(decode(piece, reason));
}
GST_END_TEST;

// Rule: a have as full as it may be fits its envelope.
GST_START_TEST(the_largest_have) {
  HaveMessage have;
  for (std::uint64_t sn = 0; sn < max_have_objects; ++sn) {
    ObjectHave object{chunk_of(sn, 0).object, 40 * chunk_size, {}};
    for (std::uint32_t i = 0; i < max_have_ranges / max_have_objects; ++i)
      object.chunks.push_back({2 * i, 1});
    have.objects.push_back(object);
  }
  auto bytes = encode(have);
  fail_unless(bytes.size() <= max_envelope, "%zu", bytes.size());
  fail_unless_equals_int(read<HaveMessage>(bytes).objects.size(), max_have_objects);
}
GST_END_TEST;

// Rule: of another major version no more than the version is believed.
GST_START_TEST(another_major) {
  HandshakeMessage hello;
  hello.major = 2;
  hello.peer = peer(1);
  auto read_back = read<HandshakeMessage>(encode(hello));
  fail_unless(read_back.major == 2 && read_back.peer == PeerId{});
}
GST_END_TEST;

static Suite* messages_suite() {
  auto* suite = suite_create("messages");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, round_trips);
  tcase_add_test(tcase, prefixes_and_mutations);
  tcase_add_test(tcase, bounds);
  tcase_add_test(tcase, the_largest_have);
  tcase_add_test(tcase, another_major);
  return suite;
}

GST_CHECK_MAIN(messages)
