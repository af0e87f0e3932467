// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"

#include "core_test.h"
#include "schemas/peer_generated.h"

#include <algorithm>
#include <random>

namespace wire = p2plive::wire;

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
  have.gains = {{SequenceNumber{4}, 1, 0x80000001}};
  have.entry = ToldEntry{SequenceNumber{9}, 2'002ms, 0xfffe, WallTime(1'700'000'000'123ms)};
  auto brief = encode(have); // all of it but what follows
  have.uplink = 4'096;
  have.reach = 70;
  auto media = payload(500);
  auto piece = encode(PieceMessage{chunk_of(5, 2), media});
  auto push = encode(PieceMessage{chunk_of(5, 2), media, true});
  for (auto* head : {&piece, &push})
    head->insert(head->end(), media.begin(), media.end());
  return {encode(hello),
          encode(have),
          encode(RequestMessage{chunk_of(5, 2), 1'500ms, 7}),
          encode(CancelMessage{chunk_of(5, 2)}),
          piece,
          encode(BusyMessage{chunk_of(5, 2), 100ms, true}),
          encode(ByeMessage{"leaving"}),
          brief,
          push};
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
  fail_unless(have.gains[0].sn == SequenceNumber{4} && have.gains[0].word == 1 &&
              have.gains[0].bits == 0x80000001);
  fail_unless(read<RequestMessage>(all[2]).chunk == chunk_of(5, 2));
  fail_unless(read<RequestMessage>(all[2]).deadline == 1'500ms);
  fail_unless_equals_int(read<RequestMessage>(all[2]).others, 7);
  fail_unless(read<CancelMessage>(all[3]).chunk == chunk_of(5, 2));
  fail_unless_equals_int(read<PieceMessage>(all[4]).payload.size(), 500);
  fail_if(read<PieceMessage>(all[4]).pushed);
  fail_unless(read<PieceMessage>(all[8]).pushed);
  fail_unless_equals_int(read<PieceMessage>(all[8]).payload.size(), 500);
  auto busy = read<BusyMessage>(all[5]);
  fail_unless(busy.retry_after == 100ms && busy.gone);
  auto bye = read<ByeMessage>(all[6]);
  fail_unless_equals_string(bye.reason.c_str(), "leaving");
  auto brief = read<HaveMessage>(all[7]);
  fail_unless(brief.oldest == have.oldest && brief.newest_listed == have.newest_listed);
  fail_unless_equals_int(brief.objects.size(), 2);
  for (std::size_t i : {0, 1})
    fail_unless(brief.objects[i].object == have.objects[i].object &&
                brief.objects[i].size == have.objects[i].size &&
                brief.objects[i].chunks == have.objects[i].chunks);
  fail_unless(brief.gains.size() == 1 && brief.gains[0].sn == SequenceNumber{4} &&
              brief.gains[0].word == 1 && brief.gains[0].bits == 0x80000001);
  fail_unless(brief.uplink == 0 && brief.reach == 0);
  ToldEntry entry{SequenceNumber{9}, 2'002ms, 0xfffe, WallTime(1'700'000'000'123ms)};
  fail_unless(have.entry == entry && brief.entry == entry);
}
GST_END_TEST;

// Rule: what is said most is short. A have takes a few bytes a gain and a name, whatever the
// numbers ...
GST_START_TEST(short_messages) {
  HaveMessage have;
  have.oldest = SequenceNumber{~std::uint64_t{0} - 255};
  have.newest_listed = SequenceNumber{~std::uint64_t{0}};
  fail_unless_equals_int(encode(have).size(), 16);
  have.gains = {{have.oldest, 65, 1}};
  fail_unless_equals_int(encode(have).size(), 16);
  have.objects = {
      {{have.newest_listed, Version{~std::uint64_t{0}}}, max_segment_size, {{2'016, 32}}}};
  fail_unless_equals_int(encode(have).size(), 48);
  auto back = read<HaveMessage>(encode(have));
  fail_unless(back.oldest == have.oldest && back.newest_listed == have.newest_listed);
  fail_unless(back.gains[0].sn == have.oldest && back.gains[0].word == 65);
  fail_unless(back.objects[0].object == have.objects[0].object);
  fail_unless(back.objects[0].chunks == have.objects[0].chunks);
  auto media = payload(chunk_size);
  fail_unless_equals_int(encode(PieceMessage{chunk_of(5, 2), media}).size(), 24);
  fail_unless_equals_int(encode(RequestMessage{chunk_of(5, 2), 1'500ms, 7}).size(), 24);
}
GST_END_TEST;

// ... and one that does not go into these few bytes arrives all the same.
GST_START_TEST(long_haves) {
  HaveMessage plain;
  plain.oldest = SequenceNumber{1'000};
  plain.newest_listed = SequenceNumber{1'009};
  plain.gains = {{SequenceNumber{1'005}, 0, 1}};
  plain.objects = {{chunk_of(1'006, 0).object, 100 * chunk_size, {{3, 4}}}};
  std::vector<HaveMessage> haves(6, plain);
  haves[0].oldest = SequenceNumber{5};
  haves[1].newest_listed = SequenceNumber{5'000};
  haves[2].newest_listed = SequenceNumber{1'004}; // of an encoder that began again
  haves[3].objects[0].chunks = {{30, 3}};
  haves[4].objects[0].chunks = {{3, 1}, {35, 1}};
  haves[5].reach = 50;
  for (const auto& have : haves) {
    auto back = read<HaveMessage>(encode(have));
    fail_unless(back.oldest == have.oldest && back.newest_listed == have.newest_listed);
    fail_unless(back.objects.size() == 1 && back.objects[0].object == have.objects[0].object);
    fail_unless(back.objects[0].chunks == have.objects[0].chunks);
    fail_unless(back.gains.size() == 1 && back.gains[0].sn == SequenceNumber{1'005});
    fail_unless_equals_int(back.reach, have.reach);
  }
  HaveMessage last; // by an encoder that began again after the last number of all
  last.oldest = SequenceNumber{~std::uint64_t{0}};
  last.gains = {{last.oldest, 0, 1}};
  auto back = read<HaveMessage>(encode(last));
  fail_unless(back.gains.size() == 1 && back.newest_listed == SequenceNumber{0});
}
GST_END_TEST;

// Rule: an entry of a playlist takes 24 bytes more, in a have that says something else or nothing.
// None is none, and no date is no date.
GST_START_TEST(entries) {
  HaveMessage have;
  have.oldest = have.newest_listed = SequenceNumber{5};
  fail_if(read<HaveMessage>(encode(have)).entry);
  have.uplink = 5;
  fail_if(read<HaveMessage>(encode(have)).entry);
  for (auto uplink : {0u, 512u})
    for (const auto& date :
         {std::optional<WallTime>(), std::optional(WallTime()), std::optional(last_date)}) {
      have.uplink = uplink;
      have.entry = ToldEntry{SequenceNumber{6}, 0ms, 0, date};
      auto bytes = encode(have);
      fail_unless(uplink > 0 || bytes.size() == 40);
      auto back = read<HaveMessage>(bytes);
      fail_unless(back.entry == have.entry && back.newest_listed == have.newest_listed);
    }
}
GST_END_TEST;

// Rule: entries that cannot be are a protocol error.
GST_START_TEST(broken_entries) {
  std::string reason;
  HaveMessage have;
  for (auto uplink : {0u, 512u}) {
    have.uplink = uplink;
    have.entry = ToldEntry{SequenceNumber{first_init_number}, 2s, 0, {}};
    fail_if(decode(encode(have), reason));
    fail_unless(reason.find("cannot be") != std::string::npos);
    for (auto date : {last_date + 1ms, WallTime(-1ms), WallTime::max(), WallTime::min()}) {
      have.entry = ToldEntry{SequenceNumber{6}, 2s, 0, date};
      fail_if(decode(encode(have), reason));
    }
  }
  have.uplink = 0;
  have.entry = ToldEntry{SequenceNumber{6}, 2s, 0, {}};
  auto bytes = encode(have);
  auto entry = std::vector<std::uint8_t>(bytes.end() - 24, bytes.end());
  for (std::size_t length = 1; length < 24; ++length)
    fail_if(decode(std::vector<std::uint8_t>(bytes.begin(), bytes.end() - length), reason));
  bytes.insert(bytes.end(), entry.begin(), entry.end());
  fail_if(decode(bytes, reason), "a second one");
  read<UnknownMessage>(entry); // alone it says nothing
}
GST_END_TEST;

// Rule: a chunk of another version is another chunk, to every bit.
GST_START_TEST(every_bit_of_a_version) {
  for (int bit = 0; bit < 64; ++bit) {
    auto chunk = chunk_of(5, 2, std::uint64_t{1} << bit);
    auto media = payload(1);
    auto piece = encode(PieceMessage{chunk, media});
    piece.push_back(media[0]);
    fail_unless(read<PieceMessage>(piece).chunk == chunk);
    fail_unless(read<RequestMessage>(encode(RequestMessage{chunk, 1ms, 0})).chunk == chunk);
    fail_unless(read<CancelMessage>(encode(CancelMessage{chunk})).chunk == chunk);
    fail_unless(read<BusyMessage>(encode(BusyMessage{chunk, 1ms, false})).chunk == chunk);
  }
}
GST_END_TEST;

// Rule: objects of a kind that this version does not know are left out of a have.
GST_START_TEST(other_objects) {
  flatbuffers::FlatBufferBuilder builder;
  auto object = [&](wire::ObjectKind kind, std::uint64_t number) {
    return wire::CreateObjectHave(builder, kind, number, 0, 7, 188);
  };
  std::vector objects{object(wire::ObjectKind::Part, 5), object(wire::ObjectKind::Segment, 6),
                      object(wire::ObjectKind::Init, first_init_number + 6),
                      // Kind and number do not go together.
                      object(wire::ObjectKind::Init, 7),
                      object(wire::ObjectKind::Segment, first_init_number + 7)};
  auto all = builder.CreateVector(objects);
  builder.FinishSizePrefixed(wire::CreateHave(builder, all, 3, 9));
  std::vector<std::uint8_t> bytes(builder.GetBufferPointer(),
                                  builder.GetBufferPointer() + builder.GetSize());
  flatbuffers::WriteScalar(bytes.data(), std::uint32_t{3}); // a Have
  auto have = read<HaveMessage>(bytes);
  fail_unless_equals_int(static_cast<int>(have.objects.size()), 2);
  fail_unless(have.objects[0].object == chunk_of(6, 0).object);
  fail_unless(have.objects[1].object == chunk_of(first_init_number + 6, 0).object);
  fail_unless(read<HaveMessage>(encode(have)).objects[1].object == have.objects[1].object);
}
GST_END_TEST;

// Rule: what a newer minor version adds is passed over; what no version says is an error.
GST_START_TEST(newer_messages) {
  auto all = one_of_each();
  for (auto which : {2, 3, 5}) {
    all[which].resize(all[which].size() + 8, 0xff);
    std::string reason;
    fail_unless(decode(all[which], reason).has_value(), "%s", reason.c_str());
  }
  auto piece = all[4];
  piece[1] += 8;
  piece.insert(piece.begin() + 24, 8, 0xff);
  auto media = payload(500);
  fail_unless(std::ranges::equal(read<PieceMessage>(piece).payload, media));
  read<UnknownMessage>({63});
  std::string reason;
  for (std::uint8_t kind : {0, 64, 255})
    fail_if(decode(std::vector<std::uint8_t>(100, kind), reason));
  fail_if(decode({}, reason));
  for (std::size_t which : {0, 1, 6}) // zeros follow the kind of a table
    for (std::size_t at : {1, 2, 3}) {
      auto changed = all[which];
      changed[at] = 1;
      fail_if(decode(changed, reason));
    }
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
  have.oldest = have.newest_listed = SequenceNumber{5};
  have.objects = {{chunk_of(5, 0).object, 2 * chunk_size, {{1, 2}}}};
  fail_if(decode(encode(have), reason)); // in brief, what is above was in full
  fail_unless(reason.find("cannot be") != std::string::npos);
  have.objects.assign(max_have_objects + 1, {chunk_of(5, 0).object, 188, {}});
  for (auto uplink : {0u, 512u}) {
    have.uplink = uplink;
    fail_if(decode(encode(have), reason));
    fail_unless(reason.find("too many") != std::string::npos);
  }
  have.uplink = 0;
  have.objects.resize(1);
  auto brief = encode(have);
  std::fill_n(brief.begin() + 24, 4, std::uint8_t{0xff}); // the size
  fail_if(decode(brief, reason));
  fail_unless(reason.find("larger") != std::string::npos);
  have.objects.clear();
  brief = encode(have);
  brief[2] = 6; // the window begins before number 0
  fail_if(decode(brief, reason));
  brief[2] = 0, brief[1] = 1; // it ends behind the last number
  std::fill_n(brief.begin() + 8, 8, std::uint8_t{0xff});
  fail_if(decode(brief, reason));
  auto request = encode(RequestMessage{chunk_of(5, 2), 1ms, 0});
  std::fill_n(request.begin() + 2, 2, std::uint8_t{0xff}); // the chunk
  fail_if(decode(request, reason));
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
  have.newest_listed = SequenceNumber{max_have_objects};
  for (auto uplink : {0u, 512u}) { // in brief and in full
    have.uplink = uplink;
    auto bytes = encode(have);
    fail_unless(bytes.size() <= max_envelope, "%zu", bytes.size());
    fail_unless_equals_int(read<HaveMessage>(bytes).objects.size(), max_have_objects);
  }
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
  tcase_add_test(tcase, short_messages);
  tcase_add_test(tcase, entries);
  tcase_add_test(tcase, broken_entries);
  tcase_add_test(tcase, long_haves);
  tcase_add_test(tcase, every_bit_of_a_version);
  tcase_add_test(tcase, other_objects);
  tcase_add_test(tcase, newer_messages);
  tcase_add_test(tcase, prefixes_and_mutations);
  tcase_add_test(tcase, bounds);
  tcase_add_test(tcase, the_largest_have);
  tcase_add_test(tcase, another_major);
  return suite;
}

GST_CHECK_MAIN(messages)
