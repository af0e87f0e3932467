// The tracer p2plive with a real live stream: its records, and what tools/plot-trace.py makes of
// them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"
#include "play_once.h"

#include <fstream>
#include <regex>
#include <sstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main()
LiveStream* fragmented;
LiveStream* encrypted;
LiveStream* audio;

std::string source(const LiveStream& live, const std::string& more = {}) {
  return "p2plivesrc name=src live-delay=4000000000 lead=2000000000 uri=" + live.url() + more;
}

struct Record {
  std::string element, from;
  guint64 media_sequence, offset, size, duration, asked, got, due, delivered;
  bool init, has_due;
  double logged_at; ///< by GStreamer's log itself, in seconds
};

/// What the log says under a name; empty: nothing.
std::string field(const std::string& line, const std::string& name) {
  std::smatch found;
  std::regex_search(line, found, std::regex("[ ,]" + name + "=\\([a-z0-9]+\\)([^,;]*)[,;]"));
  return found.empty() ? "" : found[1].str();
}

guint64 number(const std::string& line, const std::string& name) {
  const auto text = field(line, name);
  fail_if(text.empty(), "no %s in: %s", name.c_str(), line.c_str());
  return std::stoull(text);
}

/// "0:00:12.345678901" at the beginning of a line of the log.
double log_time(const std::string& line) {
  int hours = 0, minutes = 0;
  double seconds = 0;
  fail_unless_equals_int(std::sscanf(line.c_str(), "%d:%d:%lf", &hours, &minutes, &seconds), 3);
  return hours * 3600 + minutes * 60 + seconds;
}

std::vector<Record> records_in(const std::vector<std::string>& log) {
  std::vector<Record> out;
  for (const auto& line : log)
    if (line.find("p2plive-chunk, ") != std::string::npos && line.find("%s") == std::string::npos)
      out.push_back({field(line, "element"), field(line, "from"), number(line, "media-sequence"),
                     number(line, "offset"), number(line, "size"), number(line, "duration"),
                     number(line, "asked"), number(line, "got"), number(line, "due"),
                     number(line, "delivered"), number(line, "init-section") == 1,
                     number(line, "have-due") == 1, log_time(line)});
  return out;
}

/// "MEDIA-SEQUENCE OFFSET SIZE", and " traced", of every buffer that left the source.
std::vector<std::string> sent_in(const std::vector<std::string>& log) {
  const std::string mark = "play-once: sent ";
  std::vector<std::string> out;
  for (const auto& line : log)
    if (line.rfind(mark, 0) == 0)
      out.push_back(line.substr(mark.size()));
  return out;
}

struct Drawn {
  int code = -1;
  std::string said, svg;
};

Drawn plot(const std::filesystem::path& log, const std::filesystem::path& directory) {
  processes::SpawnOptions options;
  const auto svg = directory / "trace.svg";
  options.argv = {"python3", P2PLIVE_PLOT_TRACE, log, svg};
  options.log = directory / "plot.log";
  auto child = processes::ChildProcess::spawn(options);
  fail_unless(child.has_value());
  const auto ending = child->wait(20s);
  const auto text = [](const std::filesystem::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  };
  return {ending ? ending->exit_code : -1, text(options.log), text(svg)};
}

} // namespace

// Rule: each buffer that leaves the source has one record, whose times are in order and on the
// debug log's clock. What is downstream of a queue has none, and the script draws it.
GST_START_TEST(every_chunk_has_a_record) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const auto log = play_once(source(*stream) + " num-buffers=12 ! queue ! identity ! fakesink",
                             "p2plive", directory / "log");
  const auto records = records_in(log);
  const auto sent = sent_in(log);
  fail_unless_equals_int(static_cast<int>(sent.size()), 12);
  fail_unless_equals_int(static_cast<int>(records.size()), 12);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& r = records[i];
    fail_unless_equals_string(r.element.c_str(), "src");
    const auto name = std::to_string(r.media_sequence) + " " + std::to_string(r.offset) + " " +
                      std::to_string(r.size) + " traced";
    fail_unless_equals_string(name.c_str(), sent[i].c_str());
    fail_unless_equals_string(r.from.c_str(), "cdn");
    fail_unless(!r.init && r.has_due && r.duration > 0);
    fail_unless(r.asked < r.got && r.got <= r.delivered);
    fail_unless(i == 0 || records[i - 1].delivered <= r.delivered);
    fail_unless(i > 0 || (r.got <= r.due && r.due <= r.delivered)); // nothing plays yet
    const auto delivered = static_cast<double>(r.delivered) / GST_SECOND;
    fail_unless(std::abs(delivered - r.logged_at) < 0.5, "%f, logged at %f", delivered,
                r.logged_at);
  }
  const auto drawn = plot(directory / "log", directory.path());
  fail_unless_equals_int(drawn.code, 0);
  fail_unless(drawn.said.rfind("12 chunks; from the CDN: 100.0 %", 0) == 0, "%s",
              drawn.said.c_str());
  fail_unless(drawn.svg.find("<svg") != std::string::npos &&
              drawn.svg.find("</svg>") != std::string::npos);
  fail_unless(drawn.svg.find(">CDN<") != std::string::npos);
}
GST_END_TEST;

// Rule: an init section has a record of its own; where nothing is due it says so.
GST_START_TEST(init_sections_and_no_pace) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const auto log = play_once(source(*fragmented, " pace=none num-buffers=6 ! fakesink"), "p2plive",
                             directory / "log");
  const auto records = records_in(log);
  fail_unless_equals_int(static_cast<int>(records.size()), 6);
  fail_unless(records[0].init && records[0].offset == 0 && records[0].duration == 0);
  fail_unless(!records[1].init && records[1].offset == 0);
  fail_unless_equals_uint64(records[0].media_sequence, records[1].media_sequence);
  for (const auto& record : records)
    fail_if(record.has_due);
  fail_unless_equals_int(plot(directory / "log", directory.path()).code, 0);
}
GST_END_TEST;

// Rule: where no tracer looks nothing is on the buffers.
GST_START_TEST(without_the_tracer) {
  Pipeline pipeline(source(*stream, " ! fakesink"));
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 3; }, 20s), "%s",
              pipeline.first_error().c_str());
  for (const auto& sent : pipeline.sent())
    fail_if(sent.traced);
}
GST_END_TEST;

// Rule: with the tracer nothing of GStreamer's is left either.
GST_START_TEST(nothing_leaks) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const auto log = play_once(source(*stream, " num-buffers=8 ! tee name=t ! queue ! tsdemux ! "
                                             "fakesink t. ! queue ! fakesink"),
                             "leaks;p2plive", directory / "log");
  fail_unless_equals_int(static_cast<int>(records_in(log).size()), 8);
  fail_unless_nothing_alive(log);
}
GST_END_TEST;

// Rule: nor is anything left of what is not handed out as it came: fragmented MP4 with its init
// section, segments that were decrypted, and packed audio.
GST_START_TEST(nothing_leaks_of_any_format) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const std::pair<const LiveStream*, const char*> formats[] = {
      {fragmented, "qtdemux"}, {encrypted, "tsdemux"}, {audio, "aacparse"}};
  for (const auto& [live, reader] : formats) {
    const auto log = play_once(source(*live, " pace=none num-buffers=5 ! tee name=t ! queue ! ") +
                                   reader + " ! fakesink t. ! queue ! fakesink",
                               "leaks", directory / reader);
    fail_unless_equals_int(static_cast<int>(sent_in(log).size()), 5);
    fail_unless_nothing_alive(log);
  }
}
GST_END_TEST;

// Rule: a log without records makes a sentence that says what to do, and no picture.
GST_START_TEST(a_log_without_records) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  std::ofstream(directory / "log") << "0:00:00.1 TRACE GST_TRACER :0:: latency, time=(guint64)1;\n";
  const auto drawn = plot(directory / "log", directory.path());
  fail_unless_equals_int(drawn.code, 1);
  fail_unless(drawn.said.find("GST_TRACERS=p2plive") != std::string::npos, "%s",
              drawn.said.c_str());
  fail_unless(drawn.svg.empty());
}
GST_END_TEST;

static Suite* trace_suite() {
  auto* suite = suite_create("trace");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, every_chunk_has_a_record);
  tcase_add_test(tests, init_sections_and_no_pace);
  tcase_add_test(tests, without_the_tracer);
  tcase_add_test(tests, nothing_leaks);
  tcase_add_test(tests, nothing_leaks_of_any_format);
  tcase_add_test(tests, a_log_without_records);
  return suite;
}

int main(int argc, char** argv) {
  be_the_player(argc, argv);
  gst_check_init(&argc, &argv);
  using Kind = LiveStreamOptions::Kind;
  LiveStream live, pieces({.kind = Kind::fmp4}), secret({.kind = Kind::encrypted_ts}),
      sound({.kind = Kind::aac});
  for (const auto* each : {&live, &pieces, &secret, &sound})
    each->wait_for_segments(6);
  stream = &live;
  fragmented = &pieces;
  encrypted = &secret;
  audio = &sound;
  return gst_check_run_suite(trace_suite(), "trace", __FILE__);
}
