// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/peer_map.h"

#include "core_test.h"

#include <map>
#include <memory>
#include <random>
#include <string>

namespace {

using Map = PeerMap<std::string>;

bool same(const Map& map, const std::map<PeerId, std::string>& model) {
  auto expected = model.begin();
  for (const auto& [id, value] : map) {
    if (expected == model.end() || id != expected->first || value != expected->second)
      return false;
    ++expected;
  }
  return expected == model.end() && map.size() == model.size() && map.empty() == model.empty();
}

} // namespace

// Rule: whatever is done to it, it holds what std::map would, in the same order.
GST_START_TEST(as_a_map) {
  Map map;
  std::map<PeerId, std::string> model;
  std::mt19937 random(1);
  for (int step = 0; step < 4'000; ++step) {
    auto id = peer(static_cast<std::uint8_t>(random() % 60));
    auto value = std::to_string(step);
    switch (random() % 5) {
    case 0:
      fail_unless(map.emplace(id, value).second == model.emplace(id, value).second);
      break;
    case 1:
      fail_unless(map.try_emplace(id, 3, 'x').second == model.try_emplace(id, 3, 'x').second);
      break;
    case 2:
      fail_unless(map.insert_or_assign(id, value).second ==
                  model.insert_or_assign(id, value).second);
      fail_unless(map.at(id) == value);
      break;
    case 3:
      fail_unless_equals_int(map.erase(id), model.erase(id));
      fail_unless(map.find(id) == map.end());
      break;
    default:
      if (random() % 50 == 0) {
        map.erase_before(id);
        model.erase(model.begin(), model.lower_bound(id));
      }
    }
    fail_unless(map.contains(id) == model.contains(id));
    fail_unless(same(map, model), "step %d", step);
  }
  fail_if(map.empty());
  map.clear();
  fail_unless(map.empty() && map.begin() == map.end());
}
GST_END_TEST;

// Rule: an entry stays where it is until it is erased itself.
GST_START_TEST(entries_stay) {
  Map map;
  auto* entry = &map.emplace(peer(100), "here").first->second;
  for (std::uint8_t i = 0; i < 200; ++i)
    map.emplace(peer(i), "other");
  for (std::uint8_t i = 0; i < 100; ++i)
    map.erase(peer(i));
  map.erase_before(peer(100));
  fail_unless(&map.at(peer(100)) == entry && *entry == "here");
}
GST_END_TEST;

// Rule: it is gone through in both directions.
GST_START_TEST(backwards) {
  FlatMap<int, int> map;
  for (int key : {5, 3, 9})
    map.emplace(key, -key);
  auto last = std::prev(map.end());
  fail_unless_equals_int(last->first, 9);
  fail_unless_equals_int((--last)->second, -5);
  fail_unless_equals_int((last--)->first, 5);
  fail_unless(last == map.begin());
}
GST_END_TEST;

static Suite* flat_map_suite() {
  auto* suite = suite_create("flat_map");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, as_a_map);
  tcase_add_test(tcase, entries_stay);
  tcase_add_test(tcase, backwards);
  return suite;
}

GST_CHECK_MAIN(flat_map)
