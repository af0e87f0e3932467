// What lib/media makes of a playlist, as JSON, to be compared with other parsers (others/).
//   media-playlist-json BASE-URI < PLAYLIST
// A line `====` ends a playlist and begins one that is read against it: a media playlist of this
// master, or an update of this media playlist. The last one is told, or the error.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/playlist.h"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>

using namespace p2plive::media;

namespace {

constexpr std::string_view next_playlist = "\n====\n";

/// JSON as a stream that only grows; commas come by themselves.
class Json {
public:
  Json& open(char bracket) {
    separate();
    out_ << bracket;
    first_ = true;
    return *this;
  }
  Json& close(char bracket) {
    out_ << bracket;
    first_ = false;
    return *this;
  }
  Json& key(const char* name) {
    value(name);
    out_ << ':';
    first_ = true;
    return *this;
  }
  Json& value(std::string_view text) {
    separate();
    out_ << '"';
    for (unsigned char c : text) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      if (c == '"' || c == '\\' || c < 0x20 || c >= 0x7f)
        out_ << escaped;
      else
        out_ << c;
    }
    out_ << '"';
    return *this;
  }
  template <typename Number>
  Json& number(Number number) {
    separate();
    out_ << std::setprecision(17) << number;
    return *this;
  }
  Json& flag(bool flag) {
    separate();
    out_ << (flag ? "true" : "false");
    return *this;
  }
  Json& null() {
    separate();
    out_ << "null";
    return *this;
  }
  std::string text() const { return out_.str(); }

private:
  void separate() {
    if (!first_)
      out_ << ',';
    first_ = false;
  }
  std::ostringstream out_;
  bool first_ = true;
};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void put(Json& json, const std::optional<ByteRange>& range) {
  if (!range)
    return void(json.null());
  json.open('{').key("offset").number(range->offset).key("length").number(range->length).close('}');
}

void put(Json& json, const std::optional<InitSection>& map) {
  if (!map)
    return void(json.null());
  json.open('{').key("uri").value(map->uri).key("byteRange");
  put(json, map->byte_range);
  json.close('}');
}

void put(Json& json, const std::optional<WallTime>& time) {
  if (!time)
    return void(json.null());
  json.number(time->time_since_epoch().count());
}

void put(Json& json, const std::optional<std::chrono::nanoseconds>& time) {
  if (!time)
    return void(json.null());
  json.number(seconds(*time));
}

void put(Json& json, const Key& key) {
  static constexpr const char* methods[] = {"NONE", "AES-128", "SAMPLE-AES", "other"};
  if (key.method == Key::Method::none)
    return void(json.null());
  json.open('{').key("method").value(methods[int(key.method)]).key("uri").value(key.uri).key("iv");
  if (key.iv) {
    std::ostringstream hex;
    for (int byte : *key.iv)
      hex << std::hex << std::setw(2) << std::setfill('0') << byte;
    json.value(hex.str());
  } else {
    json.null();
  }
  json.close('}');
}

void put(Json& json, const Segment& segment) {
  json.open('{').key("sn").number(segment.sn).key("uri").value(segment.uri);
  json.key("duration").number(seconds(segment.duration));
  json.key("discontinuitySequence").number(segment.discontinuity_sequence);
  json.key("programDateTime");
  put(json, segment.program_date_time);
  json.key("byteRange");
  put(json, segment.byte_range);
  json.key("map");
  put(json, segment.map);
  json.key("key");
  put(json, segment.key);
  json.key("gap").flag(segment.gap).close('}');
}

void put(Json& json, const DateRange& range) {
  json.open('{').key("id").value(range.id).key("class").value(range.class_name).key("start");
  put(json, range.start);
  json.key("end");
  put(json, range.end);
  json.key("duration");
  put(json, range.duration);
  json.key("plannedDuration");
  put(json, range.planned_duration);
  json.key("endOnNext").flag(range.end_on_next).close('}');
}

/// What either kind may say.
template <typename Any>
void put_both(Json& json, const Any& playlist) {
  json.key("startOffset");
  put(json, playlist.start_offset);
  json.key("independentSegments").flag(playlist.independent_segments);
}

void put(Json& json, const MediaPlaylist& playlist) {
  json.open('{').key("kind").value("media").key("version").number(playlist.version);
  json.key("targetDuration").number(seconds(playlist.target_duration));
  json.key("mediaSequence").number(playlist.media_sequence);
  json.key("discontinuitySequence").number(playlist.discontinuity_sequence);
  json.key("ended").flag(playlist.ended);
  json.key("skipBoundary").number(seconds(playlist.skip_boundary));
  put_both(json, playlist);
  json.key("segments").open('[');
  for (const auto& segment : playlist.segments)
    put(json, segment);
  json.close(']').key("dateRanges").open('[');
  for (const auto& range : playlist.date_ranges)
    put(json, range);
  json.close(']').close('}');
}

void put(Json& json, const MasterPlaylist& playlist) {
  json.open('{').key("kind").value("master");
  put_both(json, playlist);
  json.key("variants").open('[');
  for (const auto& variant : playlist.variants) {
    json.open('{').key("uri").value(variant.uri).key("bandwidth").number(variant.bandwidth);
    json.key("averageBandwidth").number(variant.average_bandwidth);
    json.key("codecs").value(variant.codecs);
    json.key("width").number(variant.width).key("height").number(variant.height);
    json.key("frameRate").number(variant.frame_rate);
    json.key("separateAudio").flag(variant.separate_audio).close('}');
  }
  json.close(']').close('}');
}

void put(Json& json, const PlaylistError& error) {
  json.open('{').key("kind").value("error").key("line").number(error.line);
  json.key("message").value(error.message).close('}');
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2)
    return std::cerr << "usage: " << argv[0] << " BASE-URI < PLAYLIST\n", 2;
  std::string input(std::istreambuf_iterator<char>(std::cin), {});
  std::string_view rest = input;
  std::optional<Playlist> before;
  for (;;) {
    auto end = std::min(rest.find(next_playlist), rest.size());
    PlaylistContext context;
    if (before && std::holds_alternative<MasterPlaylist>(*before))
      context.imported = &std::get<MasterPlaylist>(*before).definitions;
    else if (before)
      context.before = &std::get<MediaPlaylist>(*before);
    auto playlist = parse_playlist(rest.substr(0, end), argv[1], context);
    rest.remove_prefix(std::min(end + next_playlist.size(), rest.size()));
    Json json;
    if (!playlist)
      put(json, playlist.error());
    else if (rest.empty())
      std::visit([&](const auto& it) { put(json, it); }, *playlist);
    if (!playlist || rest.empty()) {
      std::cout << json.text() << "\n";
      return 0;
    }
    before = std::move(*playlist);
  }
}
