// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/holders.h"

#include "core/neighbour.h"

#include "core_test.h"

#include <random>

namespace {

constexpr std::uint64_t first_sn = 5, last_sn = 12;
constexpr std::uint32_t chunks = 70;

/// Something or other of what a viewer may say.
HaveMessage anything(std::mt19937& random) {
  HaveMessage have;
  have.oldest = SequenceNumber{first_sn + random() % 3};
  have.newest_listed = SequenceNumber{last_sn - random() % 3};
  for (auto i = random() % 3; i > 0; --i) {
    auto name = chunk_of(first_sn + random() % 8, 0, 7 + random() % 5 / 4).object;
    std::uint32_t first = random() % chunks;
    have.objects.push_back(
        {name, chunks * chunk_size, {{first, 1 + std::uint32_t(random()) % 20}}});
  }
  for (auto i = random() % 3; i > 0; --i)
    have.gains.push_back({SequenceNumber{first_sn + random() % 8},
                          static_cast<std::uint8_t>(random() % 3), std::uint32_t(random())});
  return have;
}

void check(const Holders& holders, const Neighbours& neighbours) {
  for (auto sn = first_sn; sn <= last_sn; ++sn)
    for (std::uint64_t version : {7, 8})
      for (std::uint32_t chunk = 0; chunk < chunks + 2; chunk += 5) {
        auto name = chunk_of(sn, chunk, version);
        unsigned count = 0;
        for (const auto& [id, neighbour] : neighbours)
          count += neighbour.gives(name);
        fail_unless_equals_int(holders.count(name), count);
        fail_unless_equals_int(holders.of_any({name}).size(), count);
        for (const auto* holder : holders.of_any({name, chunk_of(sn, chunk + 1, version)}))
          fail_unless(holder->gives(name) || holder->gives(chunk_of(sn, chunk + 1, version)));
      }
  fail_unless_equals_int(holders.viewers(), neighbours.size());
}

} // namespace

// Rule: whatever viewers say, and whenever they go, each chunk counts those who could be asked.
GST_START_TEST(counts_who_could_be_asked) {
  Holders holders;
  Neighbours neighbours;
  std::mt19937 random(1);
  for (int step = 0; step < 400; ++step) {
    auto id = peer(random() % (step < 150 ? 8 : 140)); // more than a word has bits
    auto found = neighbours.find(id);
    if (found == neighbours.end()) {
      auto& neighbour = neighbours.emplace(id, Neighbour(id, start)).first->second;
      neighbour.ready = true;
      neighbour.uploads = random() % 4 > 0;
      neighbour.count_in(&holders);
    } else if (random() % 10 == 0) {
      found->second.count_in(nullptr);
      neighbours.erase(id);
    } else if (random() % 4 == 0) {
      found->second.has_not(chunk_of(first_sn + random() % 8, random() % chunks));
    } else {
      found->second.learn(anything(random));
    }
    check(holders, neighbours);
  }
  for (auto& [id, neighbour] : neighbours)
    neighbour.count_in(nullptr);
  fail_unless_equals_int(holders.viewers(), 0);
  for (auto sn = first_sn; sn <= last_sn; ++sn)
    fail_unless(holders.find(chunk_of(sn, 0).object) == nullptr);
}
GST_END_TEST;

static Suite* holders_suite() {
  auto* suite = suite_create("holders");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, counts_who_could_be_asked);
  return suite;
}

GST_CHECK_MAIN(holders)
