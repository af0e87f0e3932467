// PlaylistSource against a real nginx.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/now.h"
#include "viewer/playlist_source.h"

#include <fstream>
#include <vector>

#include "../net/loop.h"
#include "../net/raw_server.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// Segments [first, first + 3) of a second each.
std::string media_playlist(int first, const std::string& more = {}) {
  auto text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) +
              "\n" + more;
  for (int i = first; i < first + 3; ++i)
    text += "#EXTINF:1.0,\nsegment" + std::to_string(i) + ".ts\n";
  return text;
}

/// The update that leaves out the first two of media_playlist(first).
std::string delta_playlist(int first, const std::string& more) {
  auto text = media_playlist(first, more + "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n");
  for (int i = first; i < first + 2; ++i) {
    auto segment = "#EXTINF:1.0,\nsegment" + std::to_string(i) + ".ts\n";
    text.erase(text.find(segment), segment.size());
  }
  return text;
}

const std::string offer = "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12\n";

/// /live.m3u8 with the directive is /delta.m3u8. `etag` is for the former: nginx makes it of the
/// size and the second, so that a test which writes more often has it off.
std::string delta_locations(const std::string& etag = "off") {
  return "location = /live.m3u8 { etag " + etag +
         "; if ($arg__HLS_skip = YES) { rewrite ^ /delta.m3u8 last; } }\n";
}

struct Source {
  processes::TemporaryDirectory directory{"p2plive-playlist-test"};
  processes::Service nginx;
  test::Loop loop;
  net::HttpClient client{loop.context(), {.user_agent = "tester/1"}};
  std::vector<core::Listing> listings;
  std::vector<media::DateRange> ranges; ///< all that were told, in order
  std::string media_uri;
  std::vector<std::string> media_uris; ///< all that were told
  std::optional<Error> error;
  std::unique_ptr<viewer::PlaylistSource> source;

  explicit Source(const std::string& locations = {}) {
    processes::NginxOptions options;
    options.directory = directory.path();
    options.root = directory.path();
    options.locations = locations;
    auto started = processes::start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    nginx = std::move(*started);
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory / (name + ".new")) << text;
    std::filesystem::rename(directory / (name + ".new"), directory / name);
  }

  viewer::PlaylistSource::Options options;
  std::function<std::optional<core::Time>()> left_until;

  void start_at(const std::string& uri) {
    options.uri = uri;
    source = std::make_unique<viewer::PlaylistSource>(
        loop.context(), client, options,
        viewer::PlaylistSource::Events{
            .media_uri =
                [this](const std::string& known) {
                  media_uri = known;
                  media_uris.push_back(known);
                },
            .date_range = [this](const media::DateRange& range) { ranges.push_back(range); },
            .listed = [this](const core::Listing& listing) { listings.push_back(listing); },
            .left_until = [this] { return left_until ? left_until() : std::nullopt; },
            .failed = [this](const Error& what) { error = what; }});
    source->start();
  }
  void start(const std::string& path) { start_at(nginx.url() + path); }

  /// Requests so far.
  int requests(const std::string& path) const {
    std::ifstream log(nginx.directory / "access.log");
    int count = 0;
    for (std::string line; std::getline(log, line);)
      count += line.find(path) != std::string::npos;
    return count;
  }
  bool lists(int first) const {
    return !listings.empty() && number(listings.back().segments.at(0).sn) == std::uint64_t(first);
  }

  void fails_with(Error::Kind kind) {
    fail_unless(loop.run_until([&] { return error.has_value(); }), "no error came");
    fail_unless_equals_int(int(error->kind), int(kind));
    fail_if(error->message.empty());
    fail_unless(listings.empty());
  }
};

} // namespace

// Rule: a live playlist is refreshed in time, and its segments can be located, also for a while
// after they have left it.
GST_START_TEST(a_live_playlist_is_refreshed) {
  Source test;
  test.write("live.m3u8", media_playlist(5));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  fail_unless(test.media_uri == test.nginx.url() + "live.m3u8");
  fail_unless_equals_uint64(number(test.listings[0].segments.at(0).sn), 5);
  test.write("live.m3u8", media_playlist(6));
  fail_unless(
      test.loop.run_until([&] { return number(test.listings.back().segments.at(0).sn) == 6; }, 3s));
  for (int sn : {5, 6, 8})
    fail_unless(test.source->locate(core::SequenceNumber(sn)).value().uri ==
                test.nginx.url() + "segment" + std::to_string(sn) + ".ts");
  fail_if(test.source->locate(core::SequenceNumber(9)).has_value());
}
GST_END_TEST;

// Rule: a neighbour's news bring the refresh forward.
GST_START_TEST(a_hint_brings_the_refresh_forward) {
  Source test;
  auto slow = media_playlist(5);
  slow.replace(slow.find("DURATION:1"), 10, "DURATION:9");
  test.write("live.m3u8", slow);
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  test.source->refresh();
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 2s));
}
GST_END_TEST;

// Rule: a refresh that is left to others is not made until then, nor after it while the answer is
// the same; one that is asked for is.
GST_START_TEST(a_refresh_is_left_to_others) {
  Source test;
  int asked = 0;
  test.left_until = [&]() -> std::optional<core::Time> {
    if (++asked > 3)
      return {};
    return viewer::now() + 500ms;
  };
  test.write("live.m3u8", media_playlist(5));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return asked == 3; }, 5s));
  fail_unless_equals_int(static_cast<int>(test.listings.size()), 1);
  fail_unless_equals_int(test.requests("live.m3u8"), 1);
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 2s));
  fail_unless(asked == 4);
  test.left_until = [&]() -> std::optional<core::Time> { return viewer::now() + 1h; };
  test.loop.run_until([] { return false; }, 1500ms);
  fail_unless_equals_int(static_cast<int>(test.listings.size()), 2);
  test.source->refresh();
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 2s));
}
GST_END_TEST;

// Rule: a playlist in which only date ranges have changed brought no news, and is loaded again
// soon.
GST_START_TEST(date_ranges_are_no_news) {
  Source test;
  auto slow = [](const std::string& more) {
    auto text = media_playlist(5, more);
    return text.replace(text.find("DURATION:1"), 10, "DURATION:2");
  };
  test.write("live.m3u8", slow(""));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  test.write("live.m3u8", slow("#EXT-X-DATERANGE:ID=\"a\"\n"));
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 4s));
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 1600ms));
}
GST_END_TEST;

/// As told: ID, duration in seconds (-: not known), and its attributes.
std::string summary(const std::vector<media::DateRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    text += range.id + (range.duration ? std::to_string(*range.duration / 1s) : "-");
    for (const auto& [name, value] : range.others)
      text += " " + name + "=" + value;
    text += "\n";
  }
  return text;
}

// Rule: date ranges are told when they are listed first, in the order of their start, and again
// with everything known when more is said of them; what is repeated is not, nor what has no start.
GST_START_TEST(date_ranges_are_told) {
  Source test;
  const auto tag = [](const std::string& rest) { return "#EXT-X-DATERANGE:" + rest + "\n"; };
  const auto start = "START-DATE=\"2026-11-26T10:00:00Z\""s;
  const auto later = "START-DATE=\"2026-11-26T10:00:08Z\""s;
  const auto first = tag("ID=\"b\"," + later) + tag("ID=\"a\",SCTE35-OUT=0xFC30," + start);
  test.write("live.m3u8", media_playlist(5, first + tag("ID=\"c\",DURATION=4")));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(summary(test.ranges) == "a- SCTE35-OUT=0xFC30\nb-\n", "%s",
              summary(test.ranges).c_str());
  test.ranges.clear();
  // Confirmed (304), and loaded again with another segment.
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }));
  test.write("live.m3u8", media_playlist(6, first));
  fail_unless(test.loop.run_until([&] { return test.lists(6); }));
  fail_unless(test.ranges.empty(), "%s", summary(test.ranges).c_str());
  // The first has ended; its first tag is gone.
  test.write("live.m3u8",
             media_playlist(7, tag("ID=\"a\",DURATION=2,SCTE35-IN=0xFC31," + start) +
                                   tag("ID=\"b\"," + later) + tag("ID=\"c\"," + later)));
  fail_unless(test.loop.run_until([&] { return test.lists(7); }));
  fail_unless(summary(test.ranges) == "a2 SCTE35-IN=0xFC31 SCTE35-OUT=0xFC30\nc4\n", "%s",
              summary(test.ranges).c_str());
}
GST_END_TEST;

// Rule: of a master playlist the best variant is played, and it is the media playlist's URI,
// before redirects, that names the resource; segments are relative to where it came from.
GST_START_TEST(a_master_playlist_leads_to_its_best_variant) {
  Source test("location = /moved.m3u8 { return 302 /edge/high.m3u8; }");
  std::filesystem::create_directory(test.directory / "edge");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nmoved.m3u8\n");
  test.write("edge/high.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.media_uri == test.nginx.url() + "moved.m3u8");
  fail_unless(test.source->locate(core::SequenceNumber(1)).value().uri ==
              test.nginx.url() + "edge/segment1.ts");
}
GST_END_TEST;

// Rule: the application's wish decides among the variants.
GST_START_TEST(a_wish_decides) {
  Source test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nhigh.m3u8\n");
  test.write("low.m3u8", media_playlist(1));
  test.options.wish.max_bandwidth = 5000;
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.media_uri == test.nginx.url() + "low.m3u8");
}
GST_END_TEST;

// Rule: where a variant is listed at several places, the next is taken when one fails some times in
// a row, and the first again behind the last; the stream keeps its name, that of the first.
GST_START_TEST(redundant_variants_are_tried_in_turn) {
  Source test;
  std::filesystem::create_directory(test.directory / "b");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb/b.m3u8\n");
  test.write("a.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "a.m3u8");
  test.write("b/b.m3u8", media_playlist(2));
  auto newest = [&] { return number(test.listings.back().segments.at(0).sn); };
  fail_unless(test.loop.run_until([&] { return newest() == 2; }));
  fail_unless(test.source->locate(core::SequenceNumber(2)).value().uri ==
              test.nginx.url() + "b/segment2.ts");
  fail_if(test.source->failing_since().has_value());
  std::filesystem::remove(test.directory / "b" / "b.m3u8");
  test.write("a.m3u8", media_playlist(3));
  fail_unless(test.loop.run_until([&] { return newest() == 3; }));
  fail_unless(test.media_uris == std::vector{test.nginx.url() + "a.m3u8"});
}
GST_END_TEST;

// Rule: a place that does not answer at all is left at once, for a time-out is a long time.
GST_START_TEST(a_silent_place_is_left_at_once) {
  test::RawServer silent([](test::RawConnection& connection) { connection.hold(); });
  Source test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\n" + silent.url() +
                                "a.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=9000\nb.m3u8\n");
  test.write("b.m3u8", media_playlist(1));
  test.options.timeout = 300ms;
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless_equals_int(silent.accepted(), 1);
}
GST_END_TEST;

// Rule: one load that fails does not make a viewer leave the place where it is.
GST_START_TEST(one_failure_is_no_reason_to_leave) {
  Source test;
  std::filesystem::create_directory(test.directory / "b");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb/b.m3u8\n");
  test.write("a.m3u8", media_playlist(1));
  test.write("b/b.m3u8", media_playlist(7));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "a.m3u8");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  test.write("a.m3u8", media_playlist(2));
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_unless_equals_uint64(number(test.listings.back().segments.at(0).sn), 2);
}
GST_END_TEST;

// Rule: at the start every place is tried before the stream is given up; and who begins at another
// place has the same stream as everybody.
GST_START_TEST(every_place_is_tried_at_the_start) {
  const std::string master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                             "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb.m3u8\n";
  {
    Source test;
    test.write("master.m3u8", master);
    test.write("b.m3u8", media_playlist(1));
    test.start("master.m3u8");
    fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
    fail_unless(test.media_uri == test.nginx.url() + "a.m3u8");
  }
  {
    Source test;
    test.write("master.m3u8", master);
    test.start("master.m3u8");
    test.fails_with(Error::Kind::not_found);
  }
}
GST_END_TEST;

// Rule: a media playlist can import what its master playlist defines.
GST_START_TEST(variables_come_from_the_master_playlist) {
  Source test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nlive.m3u8\n");
  test.write("live.m3u8", media_playlist(1, "#EXT-X-DEFINE:IMPORT=\"token\"\n") +
                              "#EXTINF:1.0,\nlast.ts?{$token}\n");
  test.start("master.m3u8?token=a%2Fb");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.source->locate(core::SequenceNumber(4)).value().uri ==
              test.nginx.url() + "last.ts?a/b");
}
GST_END_TEST;

// Rule: where the playlist would begin is told, and the master playlist's word counts before its
// media playlist's.
GST_START_TEST(a_place_to_begin) {
  const auto start = "#EXT-X-START:TIME-OFFSET="s;
  auto offset = [&](const std::string& master, const std::string& media) {
    Source test;
    test.write("master.m3u8", "#EXTM3U\n" + master + "#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n");
    test.write("a.m3u8", media_playlist(1, media));
    test.start("master.m3u8");
    fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
    return test.listings[0].start_offset;
  };
  fail_if(offset("", "").has_value());
  fail_unless(offset("", start + "-2\n") == -2s);
  fail_unless(offset(start + "0.5\n", "") == 500ms);
  fail_unless(offset(start + "0.5\n", start + "-2\n") == 500ms);
}
GST_END_TEST;

// Rule: where the server offers it an update is asked for, without the whole playlist's ETag, and
// what it leaves out is known from before.
GST_START_TEST(updates_are_asked_for) {
  Source test(delta_locations("on") +
              "location = /delta.m3u8 { etag off; if ($http_if_none_match) { return 304; } }\n");
  test.write("live.m3u8", media_playlist(5, offer));
  test.write("delta.m3u8", delta_playlist(6, offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.lists(6); }, 5s));
  fail_unless(test.media_uri == test.nginx.url() + "live.m3u8");
  fail_unless_equals_int(test.listings.back().segments.size(), 3);
  test.write("delta.m3u8", delta_playlist(7, offer));
  fail_unless(test.loop.run_until([&] { return test.lists(7); }, 5s));
  for (int sn : {7, 8, 9})
    fail_unless(test.source->locate(core::SequenceNumber(sn)).value().uri ==
                test.nginx.url() + "segment" + std::to_string(sn) + ".ts");
}
GST_END_TEST;

// Rule: an update's own ETag goes with the next request for one, and what it confirms is as young
// again as what is loaded.
GST_START_TEST(an_update_is_confirmed_by_its_etag) {
  const auto short_offer = "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=4\n";
  Source test(delta_locations() + "location = /delta.m3u8 { etag on; }\n");
  test.write("live.m3u8", media_playlist(5, short_offer));
  test.write("delta.m3u8", delta_playlist(6, short_offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.lists(6); }, 5s));
  auto bytes = test.source->body_bytes();
  auto listings = test.listings.size();
  fail_unless(test.loop.run_until([&] { return test.listings.size() >= listings + 6; }, 9s));
  fail_unless_equals_uint64(test.source->body_bytes(), bytes);
  fail_unless(test.lists(6));
}
GST_END_TEST;

// Rule: no update is asked for that is not offered, or when what is known is too old for it.
GST_START_TEST(updates_that_are_not_offered) {
  for (auto* more : {"", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=0.5\n"}) {
    Source test(delta_locations());
    test.write("live.m3u8", media_playlist(5, more));
    test.start("live.m3u8");
    fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 10s));
    fail_unless_equals_int(test.requests("/delta.m3u8"), 0);
  }
}
GST_END_TEST;

// Rule: an update that does not fit, or that the server refuses, is followed by the whole playlist
// at once, and is no failure; after a few of them no more are asked for.
GST_START_TEST(updates_that_fail) {
  for (const auto& refusal : {""s, "location = /delta.m3u8 { return 403; }\n"s}) {
    Source test(delta_locations() + refusal);
    test.write("live.m3u8", media_playlist(5, offer));
    test.write("delta.m3u8", delta_playlist(1, offer));
    test.start("live.m3u8");
    for (int first = 6; first < 11; ++first) {
      test.write("live.m3u8", media_playlist(first, offer));
      fail_unless(test.loop.run_until([&] { return test.lists(first); }, 5s));
    }
    fail_if(test.error || test.source->failing_since());
    fail_unless_equals_int(test.requests("/delta.m3u8"), 3);
  }
}
GST_END_TEST;

// Rule: a server that is too busy for an update is not asked for more at once.
GST_START_TEST(a_busy_server_is_left_alone) {
  Source test(delta_locations() + "location = /delta.m3u8 { return 429; }\n");
  test.write("live.m3u8", media_playlist(5, offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  fail_unless_equals_int(test.requests("/live.m3u8"), 1);
}
GST_END_TEST;

// Rule: what cannot be played at the start is a clear error at once.
GST_START_TEST(what_is_no_stream_is_a_clear_error) {
  {
    Source test;
    test.start("missing.m3u8");
    test.fails_with(Error::Kind::not_found);
  }
  {
    Source test("location = /secret.m3u8 { return 403; }");
    test.start("secret.m3u8");
    test.fails_with(Error::Kind::not_authorized);
  }
  {
    Source test;
    test.write("live.m3u8", "<!DOCTYPE html><html><body>Please log in</body></html>");
    test.start("live.m3u8");
    test.fails_with(Error::Kind::format);
    fail_unless(test.error->message.find("web page") != std::string::npos);
  }
  {
    Source test;
    test.write("live.m3u8", media_playlist(1, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"key\"\n"));
    test.start("live.m3u8");
    test.fails_with(Error::Kind::format);
  }
}
GST_END_TEST;

// Rule: what may pass is tried again a few times, and then is an error.
GST_START_TEST(what_may_pass_is_tried_again) {
  {
    Source test("location = /busy.m3u8 { return 503; }");
    test.start("busy.m3u8");
    fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
    fail_if(test.error.has_value());
    test.fails_with(Error::Kind::read);
  }
  {
    Source test;
    auto uri = test.nginx.url() + "live.m3u8";
    test.nginx.process.kill();
    test.start_at(uri);
    test.fails_with(Error::Kind::open);
  }
}
GST_END_TEST;

// Rule: it is tried again as often as the application says, and no server is waited for longer.
GST_START_TEST(retries_are_the_applications) {
  {
    Source test("location = /busy.m3u8 { return 503; }");
    test.options.retries = 0;
    test.start("busy.m3u8");
    test.fails_with(Error::Kind::read);
    fail_if(test.source->failing_since().has_value(), "it was tried again");
  }
  {
    Source test("location = /busy.m3u8 { return 503; }");
    test.options.retries.reset();
    test.start("busy.m3u8");
    test.loop.run_for(5s); // six loads; five would have been enough
    fail_if(test.error.has_value());
  }
  {
    test::RawServer silent([](test::RawConnection& connection) { connection.hold(); });
    Source test;
    test.options.retries = 0;
    test.options.timeout = 200ms;
    test.start_at(silent.url() + "live.m3u8");
    fail_unless(test.loop.run_until([&] { return test.error.has_value(); }, 2s));
    test.fails_with(Error::Kind::read);
  }
}
GST_END_TEST;

// Rule: a stream that has played survives failing loads; they are tried again until they succeed.
GST_START_TEST(later_failures_are_survived) {
  Source test;
  test.write("live.m3u8", media_playlist(1));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  test.write("live.m3u8", "<html>503</html>");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  std::filesystem::remove(test.directory / "live.m3u8");
  auto loads = test.source->last_failure()->kind;
  fail_unless(loads == Error::Kind::format);
  fail_unless(test.loop.run_until(
      [&] { return test.source->last_failure()->kind == Error::Kind::not_found; }));
  test.write("live.m3u8", media_playlist(2));
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_if(test.error.has_value());
  fail_unless_equals_uint64(number(test.listings.back().segments.at(0).sn), 2);
}
GST_END_TEST;

// Rule: when the playlist is refused after it has played, the master playlist tells where it is
// now, and the same quality is taken, whatever else is listed there. The stream keeps its name.
GST_START_TEST(a_refused_playlist_is_looked_up_again) {
  Source test("location = /old.m3u8 { if (-f $document_root/expired) { return 403; } }");
  const std::string wanted = "#EXT-X-STREAM-INF:BANDWIDTH=9000,RESOLUTION=640x360\n";
  test.write("master.m3u8", "#EXTM3U\n" + wanted + "old.m3u8\n");
  test.write("old.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  test.write("better.m3u8", media_playlist(90));
  test.write("fresh.m3u8", media_playlist(2));
  test.write("master.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=99000\nbetter.m3u8\n" + wanted + "fresh.m3u8\n");
  test.write("expired", "");
  fail_unless(
      test.loop.run_until([&] { return number(test.listings.back().segments.at(0).sn) == 2; }, 3s));
  fail_if(test.source->failing_since().has_value());
  fail_unless(test.media_uris == std::vector{test.nginx.url() + "old.m3u8"});
}
GST_END_TEST;

// Rule: a master playlist that cannot be had changes nothing: the old URL is tried on.
GST_START_TEST(a_renewal_that_fails_changes_nothing) {
  Source test("location = /old.m3u8 { if (-f $document_root/expired) { return 403; } }");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\nold.m3u8\n");
  test.write("old.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "master.m3u8");
  test.write("expired", "");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  test.loop.run_for(500ms);
  test.write("old.m3u8", media_playlist(2));
  std::filesystem::remove(test.directory / "expired");
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_if(test.error.has_value());
}
GST_END_TEST;

// Rule: ENDLIST is told, and ends the loading.
GST_START_TEST(the_end_is_told) {
  Source test;
  test.write("live.m3u8", media_playlist(1) + "#EXT-X-ENDLIST\n");
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.listings[0].ended);
  test.source->refresh();
  test.loop.run_for(1500ms);
  fail_unless_equals_int(test.listings.size(), 1);
}
GST_END_TEST;

static Suite* playlist_source_suite() {
  auto* suite = suite_create("playlist_source");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_live_playlist_is_refreshed);
  tcase_add_test(tcase, a_hint_brings_the_refresh_forward);
  tcase_add_test(tcase, a_refresh_is_left_to_others);
  tcase_add_test(tcase, date_ranges_are_no_news);
  tcase_add_test(tcase, date_ranges_are_told);
  tcase_add_test(tcase, a_master_playlist_leads_to_its_best_variant);
  tcase_add_test(tcase, a_wish_decides);
  tcase_add_test(tcase, redundant_variants_are_tried_in_turn);
  tcase_add_test(tcase, a_silent_place_is_left_at_once);
  tcase_add_test(tcase, one_failure_is_no_reason_to_leave);
  tcase_add_test(tcase, every_place_is_tried_at_the_start);
  tcase_add_test(tcase, variables_come_from_the_master_playlist);
  tcase_add_test(tcase, a_place_to_begin);
  tcase_add_test(tcase, updates_are_asked_for);
  tcase_add_test(tcase, an_update_is_confirmed_by_its_etag);
  tcase_add_test(tcase, updates_that_are_not_offered);
  tcase_add_test(tcase, updates_that_fail);
  tcase_add_test(tcase, a_busy_server_is_left_alone);
  tcase_add_test(tcase, what_is_no_stream_is_a_clear_error);
  tcase_add_test(tcase, what_may_pass_is_tried_again);
  tcase_add_test(tcase, retries_are_the_applications);
  tcase_add_test(tcase, later_failures_are_survived);
  tcase_add_test(tcase, a_refused_playlist_is_looked_up_again);
  tcase_add_test(tcase, a_renewal_that_fails_changes_nothing);
  tcase_add_test(tcase, the_end_is_told);
  return suite;
}

GST_CHECK_MAIN(playlist_source)
