// Viewers that do not keep to the rules.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hostile_node.h"
#include "sim_test.h"

namespace {

/// Four honest viewers and one that misbehaves; the world after 50 s.
struct Company {
  explicit Company(HostileNode::Manner manner) : world({5}) {
    world.add(4, defaults(), 3s);
    auto owned = std::make_unique<HostileNode>(world, manner);
    hostile = owned.get();
    world.add(std::move(owned));
    world.run_for(20s);
    world.begin_steady();
    world.run_for(50s);
  }

  /// Whatever it does: the others play on, everything right.
  void check_harmless() {
    auto figures = world.figures();
    auto text = figures.text();
    GST_INFO("%s", text.c_str());
    check_right(world);
    fail_unless(hostile->met() > 0);
    for (const auto& viewer : world.viewers())
      fail_unless_equals_uint64(viewer->swarm().statistics().starvations, 0);
    fail_unless_equals_int(figures.viewers, 4);
    fail_unless(figures.copies_base <= 1.6, "%s", text.c_str());
  }
  /// Everybody closed the connection for good: it meets nobody a second time.
  void check_banned() {
    fail_unless_equals_int(hostile->open(), 0);
    fail_unless(hostile->met() <= 4, "met %zu times", hostile->met());
  }

  World world;
  HostileNode* hostile = nullptr;
};

} // namespace

// Rule: bytes that are no message: banned.
GST_START_TEST(rubbish) {
  Company company(HostileNode::Manner::rubbish);
  company.check_harmless();
  company.check_banned();
}
GST_END_TEST;

// Rule: pieces of a length that the chunk cannot have: banned.
GST_START_TEST(wrong_lengths) {
  Company company(HostileNode::Manner::wrong_lengths);
  company.check_harmless();
  company.check_banned();
}
GST_END_TEST;

// Rule: who claims everything and delivers nothing is dropped, and costs copies, not stalls.
GST_START_TEST(claims_and_never_delivers) {
  Company company(HostileNode::Manner::never_delivers);
  company.check_harmless();
  fail_unless(company.hostile->requests() > 0);
}
GST_END_TEST;

// Rule: a segment of a size that cannot be: banned, and no memory taken for it.
GST_START_TEST(an_absurd_size) {
  Company company(HostileNode::Manner::absurd_size);
  company.check_harmless();
  company.check_banned();
}
GST_END_TEST;

// Rule: a size that could be but is not, with the version that fits it, misleads nobody for long.
GST_START_TEST(a_wrong_size) {
  Company company(HostileNode::Manner::wrong_size);
  company.check_harmless();
}
GST_END_TEST;

// Rule: pieces that nobody asked for, again and again: banned.
GST_START_TEST(unasked_pieces) {
  Company company(HostileNode::Manner::unasked_pieces);
  company.check_harmless();
  company.check_banned();
}
GST_END_TEST;

// Rule: another major version is refused, with a reason that names both.
GST_START_TEST(another_major_version) {
  Company company(HostileNode::Manner::another_major);
  company.check_harmless();
  company.check_banned();
  fail_unless(company.hostile->bye().find("version 2") != std::string::npos, "%s",
              company.hostile->bye().c_str());
}
GST_END_TEST;

// Rule: a message that only a newer version knows is ignored; its sender stays.
GST_START_TEST(a_newer_message) {
  Company company(HostileNode::Manner::newer_message);
  company.check_harmless();
  fail_unless_equals_int(company.hostile->open(), 4);
}
GST_END_TEST;

static Suite* hostile_suite() {
  auto* suite = suite_create("hostile");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, rubbish);
  tcase_add_test(tcase, wrong_lengths);
  tcase_add_test(tcase, claims_and_never_delivers);
  tcase_add_test(tcase, an_absurd_size);
  tcase_add_test(tcase, a_wrong_size);
  tcase_add_test(tcase, unasked_pieces);
  tcase_add_test(tcase, another_major_version);
  tcase_add_test(tcase, a_newer_message);
  return suite;
}

GST_CHECK_MAIN(hostile)
