// What p2plivesrc writes into GStreamer's log: why something goes on as it does, for a person.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"
#include "processes/free_port.h"

#include <gst/check/gstcheck.h>

#include <fstream>
#include <mutex>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

/// Lines of our categories, as "category LEVEL text".
class Lines {
public:
  Lines() { gst_debug_add_log_function(note, this, nullptr); }
  ~Lines() { gst_debug_remove_log_function_by_data(this); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  bool has(const std::string& beginning) const {
    std::lock_guard guard(lock_);
    for (const auto& line : lines_)
      if (line.starts_with(beginning))
        return true;
    return false;
  }
  std::string all() const {
    std::lock_guard guard(lock_);
    std::string text;
    for (const auto& line : lines_)
      text += line + "\n";
    return text;
  }

private:
  static void note(GstDebugCategory* category, GstDebugLevel level, const gchar*, const gchar*,
                   gint, GObject*, GstDebugMessage* message, gpointer self) {
    const std::string name = gst_debug_category_get_name(category);
    if (!name.starts_with("p2plivesrc-"))
      return;
    std::string line = gst_debug_level_get_name(level); // padded
    line = name.substr(11) + " " + line.substr(0, line.find(' ')) + " ";
    auto& me = *static_cast<Lines*>(self);
    std::lock_guard guard(me.lock_);
    me.lines_.push_back(line + gst_debug_message_get(message));
  }

  mutable std::mutex lock_;
  std::vector<std::string> lines_;
};

} // namespace

// Rule: the log says what is wrong, and how playback copes with it, each under the category of its
// kind; passwords are not in it.
GST_START_TEST(the_log_says_why) {
  LiveStream stream;
  stream.wait_for_segments(3);
  const auto nobody = "127.0.0.1:" + std::to_string(processes::free_port()) + "/";
  const std::string variant = "#EXT-X-STREAM-INF:BANDWIDTH=900000\n";
  std::ofstream(stream.root() / "master.m3u8") << "#EXTM3U\n" + variant + "http://me:secret@" +
                                                      nobody + "live.m3u8\n" + variant +
                                                      stream.url() + "\n";
  gst_debug_set_threshold_from_string("p2plivesrc-*:5", FALSE);
  Lines lines;
  Pipeline pipeline("p2plivesrc index-uri=http://" + nobody + " uri=" + stream.url("master.m3u8") +
                    " name=src ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  for (const auto& beginning : std::vector<std::string>{
           "playlist INFO Of 2 variants that of 900000 bit/s is played",
           "playlist WARN The server cannot be reached",
           "playlist WARN The stream goes on from another place: " + stream.url(),
           "playlist INFO The playlist lists ",
           "cdn DEBUG Asking for bytes 0 to ",
           "peers WARN The Index does not help at present, so more comes from the CDN: http://" +
               nobody,
       })
    fail_unless(pipeline.wait([&] { return lines.has(beginning); }, 20s), "%s is not in:\n%s",
                beginning.c_str(), lines.all().c_str());
  fail_unless(lines.all().find("secret") == std::string::npos, "%s", lines.all().c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  pipeline.set_state(GST_STATE_NULL);
}
GST_END_TEST;

static Suite* log_suite() {
  auto* suite = suite_create("log");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, the_log_says_why);
  return suite;
}

GST_CHECK_MAIN(log)
