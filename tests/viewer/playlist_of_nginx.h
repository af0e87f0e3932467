// A PlaylistSource and a real nginx.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/playlist_source.h"

#include <fstream>
#include <vector>

#include "../net/loop.h"
#include "nginx_log.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

namespace p2plive::test {

using namespace std::chrono_literals;

/// Segments [first, first + 3) of a second each.
inline std::string media_playlist(int first, const std::string& more = {}) {
  auto text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) +
              "\n" + more;
  for (int i = first; i < first + 3; ++i)
    text += "#EXTINF:1.0,\nsegment" + std::to_string(i) + ".ts\n";
  return text;
}

struct PlaylistOfNginx {
  processes::TemporaryDirectory directory{"p2plive-playlist-test"};
  processes::Service nginx;
  Loop loop;
  net::HttpClient client{loop.context(), {.user_agent = "tester/1"}};
  std::vector<core::Listing> listings;
  std::vector<media::DateRange> ranges; ///< all that were told, in order
  std::string media_uri;
  std::vector<std::string> media_uris; ///< all that were told
  std::optional<Error> error;
  std::unique_ptr<viewer::PlaylistSource> source;

  explicit PlaylistOfNginx(const std::string& locations = {}) {
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
  int requests(const std::string& path) const { return test::requests(nginx, path); }
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

} // namespace p2plive::test
