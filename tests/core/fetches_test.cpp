// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/fetches.h"

#include "core_test.h"

#include <vector>

namespace {

constexpr std::uint64_t size = 2 * chunk_size + 1'000;

/// Collects whole chunks.
struct Receiver {
  ChunkPool pool{64u << 20};
  Fetches fetches;
  std::vector<std::pair<std::uint32_t, ChunkRef>> whole;

  std::size_t receive(Transfer& transfer, std::size_t bytes, std::uint8_t value = 0x47) {
    std::vector<std::uint8_t> data(bytes, value);
    return fetches.received(
        start, transfer, data, [this] { return pool.allocate(); },
        [this](const Transfer&, std::uint32_t chunk, ChunkRef data) {
          whole.emplace_back(chunk, std::move(data));
        });
  }
};

} // namespace

// Rule: bytes are cut at chunks wherever they are cut on the way; the last chunk may be short.
GST_START_TEST(cut_at_chunks) {
  Receiver receiver;
  auto& transfer = receiver.fetches.start(start, SequenceNumber{5}, 0, 2);
  receiver.fetches.answered(transfer, {0, size});
  for (std::uint64_t left = size; left > 0;) {
    auto step = std::min<std::uint64_t>(left, 10'007);
    fail_unless_equals_uint64(receiver.receive(transfer, step), 0);
    left -= step;
  }
  fail_unless_equals_int(receiver.whole.size(), 3);
  for (std::uint32_t i = 0; i < 3; ++i)
    fail_unless_equals_int(receiver.whole[i].first, i);
  fail_unless(Fetches::complete(transfer));
  fail_unless_equals_uint64(receiver.receive(transfer, 10), 10); // behind the end
}
GST_END_TEST;

// Rule: a chunk that did not come from its beginning, or not to its end, is not kept.
GST_START_TEST(truncated_or_misaligned) {
  Receiver receiver;
  auto& cut = receiver.fetches.start(start, SequenceNumber{5}, 0, 1);
  receiver.fetches.answered(cut, {0, size});
  receiver.receive(cut, chunk_size + 5'000);
  fail_unless_equals_int(receiver.whole.size(), 1);
  fail_if(Fetches::complete(cut));
  auto& odd = receiver.fetches.start(start, SequenceNumber{5}, 0, 1);
  receiver.fetches.answered(odd, {100, size});
  fail_unless_equals_uint64(receiver.receive(odd, chunk_size - 100), chunk_size - 100);
  receiver.receive(odd, chunk_size);
  fail_unless_equals_int(receiver.whole.size(), 2);
  fail_unless_equals_int(receiver.whole[1].first, 1);
  fail_if(Fetches::complete(odd));
}
GST_END_TEST;

// Rule: a whole body in answer to a range gives all of its chunks, and is remembered.
GST_START_TEST(a_whole_body) {
  Receiver receiver;
  auto& transfer = receiver.fetches.start(start, SequenceNumber{5}, 1, 1);
  fail_if(receiver.fetches.covers(SequenceNumber{5}, 0));
  receiver.fetches.answered(transfer, {0, size});
  fail_unless(receiver.fetches.whole_only());
  fail_unless(receiver.fetches.covers(SequenceNumber{5}, 0));
  receiver.receive(transfer, size);
  fail_unless_equals_int(receiver.whole.size(), 3);
  Receiver told;
  auto& beginning = told.fetches.start(start, SequenceNumber{5}, 0, 0);
  told.fetches.answered(beginning, {0, size, true});
  fail_unless(told.fetches.whole_only());
  fail_unless(told.fetches.covers(SequenceNumber{5}, 2));
  Receiver all; // was asked for: whoever sends it may yet send parts
  all.fetches.answered(all.fetches.start(start, SequenceNumber{5}, 0, 2), {0, size, true});
  fail_if(all.fetches.whole_only());
  Receiver from_zero;
  auto& first = from_zero.fetches.start(start, SequenceNumber{5}, 0, 0);
  from_zero.fetches.answered(first, {0, size});
  fail_if(from_zero.fetches.whole_only());
  from_zero.receive(first, size);
  fail_unless(from_zero.fetches.whole_only());
  from_zero.fetches.finished(start + 900ms, first.id, 2s); // the last chunk may have been wanted
  fail_unless(from_zero.fetches.p95() == 900ms);
}
GST_END_TEST;

// Rule: a chunk counts as on its way until it has come or the transfer has gone past it.
GST_START_TEST(what_is_covered) {
  Receiver receiver;
  auto& transfer = receiver.fetches.start(start, SequenceNumber{5}, 1, 2);
  auto id = transfer.id;
  fail_unless(receiver.fetches.covers(SequenceNumber{5}, 1));
  fail_if(receiver.fetches.covers(SequenceNumber{6}, 1));
  receiver.fetches.answered(transfer, {chunk_size, size});
  receiver.receive(transfer, chunk_size);
  fail_if(receiver.fetches.covers(SequenceNumber{5}, 1));
  fail_unless(receiver.fetches.covers(SequenceNumber{5}, 2));
  receiver.fetches.failed(id);
  fail_if(receiver.fetches.covers(SequenceNumber{5}, 2));
}
GST_END_TEST;

// Rule: of the last 32 transfers the slowest twentieth is left out.
GST_START_TEST(how_long_they_take) {
  Fetches fetches;
  fail_unless(fetches.p95() == 500ms);
  for (int i = 1; i <= 100; ++i) {
    auto id = fetches.start(start, SequenceNumber{5}, 0, 0).id;
    fetches.finished(start + i * 1ms, id, 0ns);
  }
  fail_unless(fetches.p95() == 99ms); // 69 to 100 ms: the 31st of 32
}
GST_END_TEST;

// Rule: of a transfer of many chunks counts when the first had come, as long as the others come
// faster than they play.
GST_START_TEST(the_first_counts) {
  for (auto [took, counts] : {std::pair(900ms, 100ms), std::pair(1'500ms, 500ms)}) {
    Receiver receiver;
    auto& transfer = receiver.fetches.start(start - 100ms, SequenceNumber{5}, 0, 2);
    receiver.fetches.answered(transfer, {0, size});
    receiver.receive(transfer, chunk_size); // at `start`
    receiver.fetches.finished(start - 100ms + took, transfer.id, 1s);
    fail_unless(receiver.fetches.p95() == counts);
  }
}
GST_END_TEST;

static Suite* fetches_suite() {
  auto* suite = suite_create("fetches");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, cut_at_chunks);
  tcase_add_test(tcase, truncated_or_misaligned);
  tcase_add_test(tcase, a_whole_body);
  tcase_add_test(tcase, what_is_covered);
  tcase_add_test(tcase, how_long_they_take);
  tcase_add_test(tcase, the_first_counts);
  return suite;
}

GST_CHECK_MAIN(fetches)
