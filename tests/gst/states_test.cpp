// What the plugin registers, through every change of state: where it has no address, where nothing
// ever comes, and with a real stream.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"
#include "silent_server.h"

#include <gst/check/gstcheck.h>

#include <random>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main()

constexpr GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED,
                               GST_STATE_PLAYING};

/// Names of the elements that the plugin registers.
std::vector<std::string> elements() {
  auto* features = gst_registry_get_feature_list_by_plugin(gst_registry_get(), "p2plive");
  std::vector<std::string> names;
  for (auto* feature = features; feature; feature = feature->next)
    if (GST_IS_ELEMENT_FACTORY(feature->data))
      names.emplace_back(GST_OBJECT_NAME(feature->data));
  gst_plugin_feature_list_free(features);
  return names;
}

void changes(GstElement* element, GstState to, bool works) {
  const auto begun = std::chrono::steady_clock::now();
  const auto result = gst_element_set_state(element, to);
  const auto took = std::chrono::steady_clock::now() - begun;
  fail_unless(took < 4s, "to %s: %d ms", gst_element_state_get_name(to),
              static_cast<int>(took / 1ms));
  // Without an address READY is as far as it goes; down it always does, and at once.
  const bool up = to > GST_STATE_READY;
  fail_unless(up ? (result != GST_STATE_CHANGE_FAILURE) == works
                 : result == GST_STATE_CHANGE_SUCCESS,
              "to %s: %s", gst_element_state_get_name(to),
              gst_element_state_change_return_get_name(result));
}

/// From each state to each other one, and back; nothing holds it any more at the end.
void goes_everywhere(const std::string& name, const std::string& uri) {
  auto* element = gst_element_factory_make(name.c_str(), nullptr);
  fail_unless(element != nullptr, "%s", name.c_str());
  gst_object_ref_sink(element);
  if (!uri.empty())
    g_object_set(element, "uri", uri.c_str(), nullptr);
  for (auto from : states)
    for (auto to : states)
      if (from != to)
        for (auto next : {from, to})
          changes(element, next, !uri.empty());
  changes(element, GST_STATE_NULL, !uri.empty());
  ASSERT_OBJECT_REFCOUNT(element, name.c_str(), 1);
  gst_object_unref(element);
}

void plays(Pipeline& pipeline) {
  const auto before = pipeline.sent_count();
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > before + 3; }, 10s), "%s",
              pipeline.first_error().c_str());
}

} // namespace

// Rule: without an address each element goes as far as READY, and down again from wherever that
// leaves it.
GST_START_TEST(without_an_address) {
  const auto names = elements();
  fail_unless(!names.empty());
  for (const auto& name : names)
    goes_everywhere(name, {});
}
GST_END_TEST;

// Rule: where nothing ever comes, every state is reached from every other all the same.
GST_START_TEST(without_data) {
  SilentServer server;
  for (const auto& name : elements())
    goes_everywhere(name, server.url());
}
GST_END_TEST;

// Rule: after two hundred changes at any moment it plays like a new one.
GST_START_TEST(two_hundred_changes) {
  Pipeline pipeline("p2plivesrc name=src live-delay=4000000000 lead=2000000000 uri=" +
                    stream->url() + " ! queue ! fakesink");
  std::mt19937 random(1);
  for (int change = 0; change < 200; ++change) {
    const auto to = states[random() % std::size(states)];
    const auto result = gst_element_set_state(pipeline.get(), to);
    fail_unless(result != GST_STATE_CHANGE_FAILURE, "change %d, to %s: %s", change,
                gst_element_state_get_name(to), pipeline.first_error().c_str());
    // The next one finds it on its way there, or with data.
    const auto before = pipeline.sent_count();
    pipeline.wait([&] { return pipeline.sent_count() > before; },
                  std::chrono::milliseconds(random() % 3 ? 0 : random() % 40));
  }
  pipeline.set_state(GST_STATE_READY);
  const auto before = pipeline.sent_count();
  plays(pipeline);
  pipeline.set_state(GST_STATE_PAUSED);
  plays(pipeline);
  const auto first = pipeline.sent()[before];
  fail_unless(first.begins_segment && first.pts == 0 && first.segment.base == 0);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}
GST_END_TEST;

static Suite* states_suite() {
  auto* suite = suite_create("states");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, without_an_address);
  tcase_add_test(tests, without_data);
  tcase_add_test(tests, two_hundred_changes);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live({.kilobits = 300});
  live.wait_for_segments(5);
  stream = &live;
  return gst_check_run_suite(states_suite(), "states", __FILE__);
}
