// Which variant of a master playlist p2plivesrc plays, and what it says of it: a real stream, of
// which a literal master playlist is made.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"

#include <fstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main()

/// What is told of the variant that is played.
struct Told {
  guint64 bandwidth = 0; ///< 0: nothing was
  guint width = 0;
  std::string codecs, text; ///< `text`: the whole message
  guint tag = 0;            ///< nominal-bitrate
};

GstBusSyncReply note(GstBus*, GstMessage* message, gpointer data) {
  auto& told = *static_cast<Told*>(data);
  GstTagList* tags = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_TAG) {
    gst_message_parse_tag(message, &tags);
    gst_tag_list_get_uint(tags, GST_TAG_NOMINAL_BITRATE, &told.tag);
    gst_tag_list_unref(tags);
  }
  if (gst_message_has_name(message, "p2plive-quality")) {
    const auto* structure = gst_message_get_structure(message);
    gst_structure_get_uint64(structure, "bandwidth", &told.bandwidth);
    gst_structure_get_uint(structure, "width", &told.width);
    if (const auto* codecs = gst_structure_get_string(structure, "codecs"))
      told.codecs = codecs;
    auto* text = gst_structure_to_string(structure);
    told.text = text;
    g_free(text);
  }
  return GST_BUS_PASS;
}

Told play(const std::string& properties) {
  Told told;
  {
    Pipeline pipeline("p2plivesrc name=src uri=" + stream->url("master.m3u8") + " " + properties +
                      " ! fakesink");
    auto* bus = gst_element_get_bus(pipeline.get());
    gst_bus_set_sync_handler(bus, note, &told, nullptr);
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 0; }, 20s), "%s: %s",
                properties.c_str(), pipeline.first_error().c_str());
    pipeline.set_state(GST_STATE_NULL);
    gst_object_unref(bus);
  }
  return told;
}

} // namespace

// Rule: each of the bounds counts, and the smallest; the highest within them is played, of the
// codecs that are preferred.
GST_START_TEST(bounds) {
  const std::pair<const char*, unsigned> cases[] = {
      {"", 3'000'000},
      {"max-bitrate=2500000", 2'000'000},
      {"connection-speed=1500", 1'000'000},
      {"max-bitrate=2500000 connection-speed=1500", 1'000'000},
      {"max-bitrate=1500000 connection-speed=2500", 1'000'000},
      {"max-width=1280", 2'000'000},
      {"max-height=400", 1'000'000},
      {"codecs=avc1", 2'000'000},
      {"max-bitrate=1", 1'000'000},
  };
  for (const auto& [properties, bandwidth] : cases) {
    const auto told = play(properties);
    fail_unless(told.bandwidth == bandwidth && told.tag == bandwidth, "%s: %s, tag %u", properties,
                told.text.c_str(), told.tag);
  }
}
GST_END_TEST;

// Rule: what the playlist says of a variant is told; what is no UTF-8 is made so, for GStreamer
// could not write it else.
GST_START_TEST(what_is_told) {
  const auto usual = play("max-height=720");
  fail_unless(usual.width == 1280 && usual.codecs == "avc1.64001f,mp4a.40.2", "%s",
              usual.text.c_str());
  const auto hostile = play("max-height=400");
  fail_unless(hostile.width == 640 && hostile.codecs.starts_with("avc1.") &&
                  g_utf8_validate(hostile.codecs.c_str(), -1, nullptr),
              "%s", hostile.text.c_str());
  auto* read = gst_structure_from_string(hostile.text.c_str(), nullptr);
  fail_unless(read != nullptr, "%s", hostile.text.c_str());
  gst_structure_free(read);
}
GST_END_TEST;

static Suite* quality_suite() {
  auto* suite = suite_create("quality");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, bounds);
  tcase_add_test(tests, what_is_told);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live;
  std::ofstream(live.root() / "master.m3u8")
      << "#EXTM3U\n"
         "#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,"
         "CODECS=\"avc1.64001f,mp4a.40.2\"\nlive.m3u8?2\n"
         "#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1920x1080,"
         "CODECS=\"hvc1.1.6.L93,mp4a.40.2\"\nlive.m3u8?3\n"
         "#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360,CODECS=\"avc1.\xff\xfe\"\n"
         "live.m3u8?1\n";
  live.wait_for_segments(4);
  stream = &live;
  return gst_check_run_suite(quality_suite(), "quality", __FILE__);
}
