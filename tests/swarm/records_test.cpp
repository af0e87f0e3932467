// What the bench reads: lines of viewers, the CDN's log, playlists, /proc, the command line.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/json_writer.h"
#include "swarm/cdn_log.h"
#include "swarm/cpu.h"
#include "swarm/lines.h"
#include "swarm/options.h"
#include "swarm/segment_archive.h"

#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace p2plive::bench;
using namespace std::chrono_literals;

// Rule: what a viewer writes is what the run reads.
GST_START_TEST(lines_come_back) {
  ViewerRecord viewer;
  EmittedSegment segment;
  segment.sn = 17;
  segment.first_offset = 5;
  segment.size = 500000;
  segment.sha256 = "abcdef";
  segment.contiguous = false;
  segment.last = true;
  segment.begun = Instant(12345678901ns);
  segment.ended = Instant(22345678901ns);
  fail_unless(take_line(viewer, line_of(segment)));
  segment.start = UnixTime(1764000000123456789ns);
  fail_unless(take_line(viewer, line_of(segment)));
  fail_unless_equals_int(viewer.segments.size(), 2);
  fail_if(viewer.segments[0].start.has_value());
  const auto& read = viewer.segments[1];
  fail_unless(read.sn == 17 && read.first_offset == 5 && read.size == 500000 &&
              read.sha256 == "abcdef" && !read.contiguous && read.last &&
              read.begun == segment.begun && read.ended == segment.ended &&
              read.start == segment.start);
  Sample sample;
  sample.peers = 3;
  sample.buffer = 2500ms;
  sample.pool_allocated = 488;
  fail_unless(take_line(viewer, line_of(sample)));
  fail_unless(viewer.samples[0].peers == 3 && viewer.samples[0].buffer == 2500ms &&
              viewer.samples[0].pool_allocated == 488);
  fail_unless(take_line(viewer, "trouble text=no such host: a=b c"));
  fail_unless_equals_string(viewer.trouble.c_str(), "no such host: a=b c");
}
GST_END_TEST;

// Rule: a line that makes no sense is refused, and changes nothing.
GST_START_TEST(senseless_lines_are_refused) {
  ViewerRecord viewer;
  for (const char* line : {"", "hello", "segment", "segment sn=x", "stall begun=1", "frame at",
                           "sample at=1 peers=2 peers", "stall begun=1 length=2x"})
    fail_if(take_line(viewer, line), "%s", line);
  fail_unless(viewer.segments.empty() && viewer.stalls.empty() && viewer.samples.empty());
}
GST_END_TEST;

// Rule: the CDN's log is read as nginx writes it.
GST_START_TEST(log_lines_are_read) {
  ClockPair clocks{std::chrono::system_clock::time_point(1000s), Instant(50s)};
  auto request = parse_cdn_line("1002.500\tGET\t/a/segment7.ts\t206\t65424\tbytes=65424-130847\t"
                                "bytes 65424-130847/500000\tp2plive-swarm/viewer-2\t11",
                                clocks);
  fail_unless(request.has_value());
  fail_unless(request->at == Instant(52500ms));
  fail_unless_equals_string(request->path.c_str(), "/a/segment7.ts");
  fail_unless(request->status == 206 && request->bytes == 65424 && request->offset == 65424);
  fail_unless_equals_string(request->token.c_str(), "p2plive-swarm/viewer-2");
  auto refused = parse_cdn_line("1\tGET\t/\t416\t0\tbytes=9-\tbytes */5\tme\t1", clocks);
  fail_unless(refused && refused->offset == 0);
  for (const char* line : {"", "x", "1\tGET\t/\t200\t5\t-\t-\tme", "1\tGET\t/\tok\t5\t-\t-\tme\t1",
                           "1\tGET\t/\t206\t5\t-\tbytes x-9/10\tme\t1"})
    fail_if(parse_cdn_line(line, clocks).has_value());
}
GST_END_TEST;

// Rule: entries are numbered from the playlist's media sequence, dates belong to what follows.
GST_START_TEST(playlists_are_read) {
  auto entries = parse_own_playlist("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:41\n#EXTINF:2.0,\n"
                                    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T21:03:54.381+0000\n"
                                    "segment41.ts\n#EXTINF:2.0,\nsegment42.ts\n");
  fail_unless_equals_int(entries.size(), 2);
  fail_unless(entries[0].sn == 41 && entries[1].sn == 42);
  fail_unless_equals_string(entries[1].name.c_str(), "segment42.ts");
  fail_unless(entries[0].start == UnixTime(1795381434381ms));
  fail_if(entries[1].start.has_value());
  fail_unless(parse_date_time("2026-11-22T22:03:54.381+01:00") == entries[0].start);
  fail_unless(parse_date_time("2026-11-22T20:33:54.381-0030") == entries[0].start);
  fail_if(parse_date_time("yesterday").has_value());
}
GST_END_TEST;

// Rule: idle is what the kernel calls idle and waiting, of all time; a process's name may be odd.
GST_START_TEST(proc_is_read) {
  auto from = parse_machine_time("cpu  100 0 50 700 50 0 0 0 9 9\ncpu0 1 2 3\n");
  auto to = parse_machine_time("cpu  180 0 70 850 100 0 0 0 9 9\n");
  fail_unless(from && to);
  fail_unless_equals_float(*idle_percent(*from, *to), 100 * 200.0 / 300);
  fail_if(parse_machine_time("intr 5").has_value());
  auto load =
      parse_process_load("77 (a) b (c)) S 1 77 77 0 -1 4194560 10 0 0 0 150 50 0 0 20 0 5 0 "
                         "999 1000000 2560 18446744073709551615",
                         100, 4096);
  fail_unless(load.has_value());
  fail_unless(load->cpu == 2s);
  fail_unless_equals_uint64(load->rss, 10u << 20);
}
GST_END_TEST;

static tl::expected<Options, Usage> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "p2plive-swarm");
  return parse_options(static_cast<int>(arguments.size()), const_cast<char**>(arguments.data()));
}

// Rule: options mean what the help says.
GST_START_TEST(options_are_read) {
  auto options = parse({"--viewers", "6", "--bitrate=500k", "--churn", "2:5", "--fault",
                        "mosquitto@20,viewer-3@30-40,cdn-stalls@50-52.5", "--no-decode", "--verify",
                        "--upload-limit", "4000", "--joins", "3:10"});
  fail_unless(options.has_value());
  fail_unless(options->viewers == 6 && options->bitrate == 500'000 && !options->decode);
  fail_unless(options->churn->count == 2 && options->churn->every == 5s);
  fail_unless(options->joins->count == 3 && options->joins->every == 10s);
  fail_unless(options->faults.size() == 3 && options->faults[1].name == "viewer-3" &&
              options->faults[1].back == Seconds(40) && !options->faults[0].back);
  fail_unless(options->faults[2].name == "cdn-stalls" && options->faults[2].back == Seconds(52.5));
  fail_unless(*options->upload_limit == 4000);
}
GST_END_TEST;

// Rule: what makes no sense is refused with a sentence, before anything starts.
GST_START_TEST(senseless_options_are_refused) {
  using Arguments = std::vector<const char*>;
  for (const auto& arguments :
       {Arguments{"--viewers", "0"}, Arguments{"--viewers", "four"}, Arguments{"--churn", "4:5"},
        Arguments{"--seconds", "10", "--steady", "10"}, Arguments{"--fault", "nothing@5"},
        Arguments{"--fault", "coturn@9-5"}, Arguments{"--uri", "ftp://host/"},
        Arguments{"--uri", "http://host/a.m3u8", "--verify"},
        Arguments{"--uri", "http://host/a.m3u8", "--fault", "cdn-slow@5-6"},
        Arguments{"--fault", "cdn-fast@5"}, Arguments{"--nonsense"}, Arguments{"--joins", "0:10"},
        Arguments{"--joins", "1:10", "--seconds", "32"}, Arguments{"extra"},
        Arguments{"--bitrate"}}) {
    auto options = parse(arguments);
    fail_if(options.has_value(), "%s", arguments[0]);
    fail_unless(options.error().error && !options.error().text.empty());
  }
  fail_if(parse({"--help"}).error().error);
}
GST_END_TEST;

// Rule: what is not known is null, and text is quoted.
GST_START_TEST(json_is_written) {
  console::JsonWriter json;
  json.begin_object();
  json.member("a", std::optional<double>{});
  json.member("b", "say \"x\"\n");
  json.member("c", std::vector<std::string>{"d", "e"});
  json.begin_object("steady");
  json.member("f", true);
  json.end_object();
  json.member("g", 0.25);
  json.end_object();
  fail_unless_equals_string(json.text().c_str(),
                            "{\n  \"a\": null,\n  \"b\": \"say \\\"x\\\"\\u000a\",\n"
                            "  \"c\": [\"d\", \"e\"],\n  \"steady\": {\n    \"f\": true\n  },\n"
                            "  \"g\": 0.25\n}\n");
}
GST_END_TEST;

static Suite* records_suite() {
  auto* suite = suite_create("records");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, lines_come_back);
  tcase_add_test(tcase, senseless_lines_are_refused);
  tcase_add_test(tcase, log_lines_are_read);
  tcase_add_test(tcase, playlists_are_read);
  tcase_add_test(tcase, proc_is_read);
  tcase_add_test(tcase, options_are_read);
  tcase_add_test(tcase, senseless_options_are_refused);
  tcase_add_test(tcase, json_is_written);
  return suite;
}

GST_CHECK_MAIN(records)
