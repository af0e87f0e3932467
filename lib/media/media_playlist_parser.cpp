// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/attribute_list.h"
#include "media/date_range.h"
#include "media/date_time.h"
#include "media/playlist_delta.h"
#include "media/playlist_limits.h"
#include "media/playlist_lines.h"
#include "media/reckoning.h"
#include "media/variables.h"

#include <algorithm>

namespace p2plive::media {

namespace {

using Kind = PlaylistError::Kind;
using std::chrono::nanoseconds;

/// Collects tags until a URI line makes a segment of them.
class Parser {
public:
  Parser(const std::string& base_uri, const PlaylistContext& context)
      : resolver_(base_uri), variables_(base_uri, context.imported), before_(context.before) {}

  Problem line(const Line& line);
  tl::expected<MediaPlaylist, PlaylistError> finish();

private:
  using Handler = Problem (Parser::*)(const Line&, std::string_view);
  struct Entry {
    std::string_view tag;
    Handler handler;
    bool attributes = false; ///< its value is an attribute list
  };
  static const Entry entries[];

  Problem version(const Line& line, std::string_view value);
  Problem target_duration(const Line& line, std::string_view value);
  Problem media_sequence(const Line& line, std::string_view value);
  Problem discontinuity_sequence(const Line& line, std::string_view value);
  Problem extinf(const Line& line, std::string_view value);
  Problem byte_range(const Line& line, std::string_view value);
  Problem key(const Line& line, std::string_view value);
  Problem key_details(const Line& line, std::string_view value, Key& key);
  Problem map(const Line& line, std::string_view value);
  Problem date(const Line& line, std::string_view value);
  Problem flag(const Line& line, std::string_view value);
  Problem define(const Line& line, std::string_view value);
  Problem start(const Line& line, std::string_view value);
  Problem server_control(const Line& line, std::string_view value);
  Problem date_range(const Line& line, std::string_view value);
  Problem skip(const Line& line, std::string_view value);
  Problem carry_over(const Line& line, std::uint64_t count);

  Problem uri(const Line& line);
  Problem place_byte_range(const Line& line, Segment& segment);
  bool charge_shared_uris(const Key& key, const std::optional<InitSection>& map);
  void forget_tags();

  UriResolver resolver_;
  Variables variables_;
  DateRanges date_ranges_;
  const MediaPlaylist* before_;
  std::size_t skip_line_ = 0; ///< of the EXT-X-SKIP; 0: none
  MediaPlaylist playlist_;
  bool has_target_duration_ = false;
  // For the next segment only.
  std::optional<nanoseconds> duration_;
  std::optional<OpenRange> range_;
  std::optional<WallTime> date_;
  bool discontinuity_ = false;
  bool gap_ = false;
  // Until another tag says otherwise.
  Key key_;
  std::size_t key_line_ = 0;
  bool key_is_identity_ = false;
  std::optional<InitSection> map_;
};

const Parser::Entry Parser::entries[] = {
    {"#EXTINF", &Parser::extinf},
    {"#EXT-X-PROGRAM-DATE-TIME", &Parser::date},
    {"#EXT-X-BYTERANGE", &Parser::byte_range},
    {"#EXT-X-DISCONTINUITY", &Parser::flag},
    {"#EXT-X-GAP", &Parser::flag},
    {"#EXT-X-KEY", &Parser::key, true},
    {"#EXT-X-MAP", &Parser::map, true},
    {"#EXT-X-VERSION", &Parser::version},
    {"#EXT-X-TARGETDURATION", &Parser::target_duration},
    {"#EXT-X-MEDIA-SEQUENCE", &Parser::media_sequence},
    {"#EXT-X-DISCONTINUITY-SEQUENCE", &Parser::discontinuity_sequence},
    {"#EXT-X-ENDLIST", &Parser::flag},
    {"#EXT-X-INDEPENDENT-SEGMENTS", &Parser::flag},
    {"#EXT-X-I-FRAMES-ONLY", &Parser::flag},
    {"#EXT-X-DEFINE", &Parser::define, true},
    {"#EXT-X-START", &Parser::start, true},
    {"#EXT-X-SERVER-CONTROL", &Parser::server_control},
    {"#EXT-X-DATERANGE", &Parser::date_range, true},
    {"#EXT-X-SKIP", &Parser::skip, true},
};

PlaylistError bad_number(const Line& line, const char* what) {
  return playlist_error(Kind::bad_number, line.number, what);
}

Problem Parser::line(const Line& line) {
  if (line.is_uri()) {
    auto replaced = variables_.in_uri(line);
    if (!replaced)
      return replaced.error();
    return uri(*replaced);
  }
  if (!line.is_tag())
    return std::nullopt;
  auto tag = split_tag(line.text);
  auto entry = std::find_if(std::begin(entries), std::end(entries),
                            [&](const auto& it) { return it.tag == tag.name; });
  if (entry == std::end(entries))
    return std::nullopt; // a tag that we do not know must be ignored (RFC 8216, 6.3.1)
  if (!entry->attributes)
    return (this->*entry->handler)(line, tag.value);
  auto replaced = variables_.in_attributes(line);
  if (!replaced)
    return replaced.error();
  return (this->*entry->handler)(*replaced, split_tag(replaced->text).value);
}

Problem Parser::version(const Line& line, std::string_view value) {
  auto number = parse_integer(value);
  if (!number || *number == 0 || *number > 1000)
    return bad_number(line, "has a version that is no sensible number");
  playlist_.version = static_cast<int>(*number);
  return std::nullopt;
}

Problem Parser::target_duration(const Line& line, std::string_view value) {
  auto duration = parse_seconds(value); // must be an integer, but decimals do occur
  if (!duration || *duration > max_target_duration)
    return bad_number(line, "has a target duration that is no sensible number of seconds");
  playlist_.target_duration = std::max<nanoseconds>(*duration, min_target_duration);
  has_target_duration_ = true;
  return std::nullopt;
}

Problem Parser::media_sequence(const Line& line, std::string_view value) {
  auto number = parse_integer(value);
  if (!number || *number >= max_sequence_number)
    return bad_number(line, "has a media sequence number that is no sensible number");
  if (skip_line_ != 0)
    return playlist_error(Kind::bad_tag, line.number,
                          "numbers segments that were left out above it (#EXT-X-SKIP)");
  playlist_.media_sequence = *number;
  return std::nullopt;
}

Problem Parser::discontinuity_sequence(const Line& line, std::string_view value) {
  auto number = parse_integer(value);
  if (!number || *number >= max_sequence_number)
    return bad_number(line, "has a discontinuity sequence number that is no sensible number");
  playlist_.discontinuity_sequence = *number;
  return std::nullopt;
}

Problem Parser::extinf(const Line& line, std::string_view value) {
  auto duration = parse_seconds(value.substr(0, value.find(',')));
  if (!duration || *duration > max_segment_duration)
    return bad_number(line, "has an #EXTINF that is no sensible number of seconds");
  duration_ = *duration;
  return std::nullopt;
}

Problem Parser::byte_range(const Line& line, std::string_view value) {
  range_ = parse_byte_range(value);
  if (!range_)
    return bad_number(line, "has a byte range that cannot be read");
  return std::nullopt;
}

Problem Parser::key(const Line& line, std::string_view value) {
  auto method = find_attribute(value, "METHOD");
  if (!method)
    return playlist_error(Kind::bad_tag, line.number, "has a key without a METHOD");
  if (*method == "NONE") {
    key_ = {};
    key_is_identity_ = false;
    return std::nullopt;
  }
  // Several keys in a row are the same one for several systems; only "identity" is ours.
  bool identity = find_attribute(value, "KEYFORMAT").value_or("identity") == "identity";
  bool same_group = key_line_ != 0 && key_line_ + 1 == line.number;
  key_line_ = line.number;
  if (same_group && key_is_identity_ && !identity)
    return std::nullopt;
  Key key;
  key.method = *method == "AES-128" && identity ? Key::Method::aes_128
               : *method == "SAMPLE-AES"        ? Key::Method::sample_aes
                                                : Key::Method::other;
  if (auto problem = key_details(line, value, key))
    return problem;
  key_ = std::move(key);
  key_is_identity_ = identity;
  return std::nullopt;
}

Problem Parser::key_details(const Line& line, std::string_view value, Key& key) {
  auto reference = find_attribute(value, "URI");
  if (key.method == Key::Method::aes_128) {
    if (!reference)
      return playlist_error(Kind::bad_tag, line.number, "has a key without a URI");
    auto resolved = resolve_uri(resolver_, line, *reference);
    if (!resolved)
      return resolved.error();
    key.uri = std::move(*resolved);
  } else if (reference) {
    key.uri = *reference; // skd:, data: and the like
  }
  if (auto iv = find_attribute(value, "IV")) {
    key.iv = parse_iv(*iv);
    if (!key.iv)
      return bad_number(line, "has an IV that is no hexadecimal number of 128 bits");
  }
  return std::nullopt;
}

Problem Parser::map(const Line& line, std::string_view value) {
  auto reference = find_attribute(value, "URI");
  if (!reference)
    return playlist_error(Kind::bad_tag, line.number, "has an #EXT-X-MAP without a URI");
  auto resolved = resolve_uri(resolver_, line, *reference);
  if (!resolved)
    return resolved.error();
  InitSection map{*resolved, std::nullopt, {}};
  if (key_.iv) // no key without one is meant for it (RFC 8216, 4.3.2.5)
    map.key = key_;
  if (auto text = find_attribute(value, "BYTERANGE")) {
    auto range = parse_byte_range(*text);
    if (!range)
      return bad_number(line, "has a byte range that cannot be read");
    map.byte_range = ByteRange{range->offset.value_or(0), range->length};
  }
  map_ = std::move(map);
  return std::nullopt;
}

Problem Parser::date(const Line&, std::string_view value) {
  date_ = parse_date_time(value); // a date that cannot be read is as good as none
  return std::nullopt;
}

Problem Parser::flag(const Line& line, std::string_view) {
  auto name = split_tag(line.text).name;
  discontinuity_ |= name == "#EXT-X-DISCONTINUITY";
  gap_ |= name == "#EXT-X-GAP";
  playlist_.ended |= name == "#EXT-X-ENDLIST";
  playlist_.independent_segments |= name == "#EXT-X-INDEPENDENT-SEGMENTS";
  playlist_.i_frames_only |= name == "#EXT-X-I-FRAMES-ONLY";
  return std::nullopt;
}

Problem Parser::define(const Line& line, std::string_view value) {
  return variables_.define(line, value);
}

Problem Parser::start(const Line&, std::string_view value) {
  playlist_.start_offset = parse_signed_seconds(find_attribute(value, "TIME-OFFSET").value_or(""));
  return std::nullopt;
}

Problem Parser::server_control(const Line&, std::string_view value) {
  // What cannot be read is not offered; playing goes on without it.
  playlist_.skip_boundary =
      parse_seconds(find_attribute(value, "CAN-SKIP-UNTIL").value_or("")).value_or(nanoseconds{});
  return std::nullopt;
}

Problem Parser::date_range(const Line&, std::string_view value) {
  if (auto range = parse_date_range(value))
    date_ranges_.add(std::move(*range));
  return std::nullopt;
}

Problem Parser::skip(const Line& line, std::string_view value) {
  if (!before_) // numbers would be wrong from here on
    return playlist_error(Kind::bad_tag, line.number,
                          "leaves segments out (#EXT-X-SKIP), which nobody asked for");
  if (skip_line_ != 0 || !playlist_.segments.empty())
    return playlist_error(Kind::bad_tag, line.number,
                          "leaves segments out (#EXT-X-SKIP) behind others, or a second time");
  skip_line_ = line.number;
  auto count = parse_integer(find_attribute(value, "SKIPPED-SEGMENTS").value_or(""));
  if (!count || *count > max_segments)
    return bad_number(line, "leaves out segments, but no sensible number of them");
  if (auto removed = find_attribute(value, "RECENTLY-REMOVED-DATERANGES"))
    date_ranges_.carry_over(before_->date_ranges, *removed);
  return carry_over(line, *count);
}

/// Takes the segments left out from the playlist before, and what holds from them on.
Problem Parser::carry_over(const Line& line, std::uint64_t count) {
  auto left_out = segments_left_out(*before_, playlist_.media_sequence, count, line.number);
  if (!left_out)
    return left_out.error();
  for (const auto& segment : *left_out) {
    if (!resolver_.charge(segment.uri.size()) || !charge_shared_uris(segment.key, segment.map))
      return playlist_error(Kind::too_large, line.number, "makes it too large to keep");
  }
  if (left_out->empty())
    return std::nullopt;
  playlist_.segments.assign(left_out->begin(), left_out->end());
  key_ = left_out->back().key;
  key_is_identity_ = false;
  key_line_ = 0;
  map_ = left_out->back().map;
  forget_tags(); // above, they were the first of those left out
  return std::nullopt;
}

/// A range without an offset goes on where the one before it in the same resource ended.
Problem Parser::place_byte_range(const Line& line, Segment& segment) {
  if (!range_)
    return std::nullopt;
  ByteRange range{0, range_->length};
  if (range_->offset) {
    range.offset = *range_->offset;
  } else {
    const auto* before = playlist_.segments.empty() ? nullptr : &playlist_.segments.back();
    if (!before || !before->byte_range || before->uri != segment.uri)
      return playlist_error(Kind::bad_tag, line.number,
                            "has a byte range without an offset, and none before it to follow");
    range.offset = before->byte_range->offset + before->byte_range->length;
  }
  if (range.offset > max_resource_size)
    return bad_number(line, "has a byte range beyond any sensible size");
  segment.byte_range = range;
  return std::nullopt;
}

/// Each segment holds the URIs of its key and init section: they count each time.
bool Parser::charge_shared_uris(const Key& key, const std::optional<InitSection>& map) {
  return resolver_.charge(key.uri.size() + (map ? map->uri.size() : 0));
}

void Parser::forget_tags() {
  duration_.reset();
  range_.reset();
  date_.reset();
  discontinuity_ = gap_ = false;
}

Problem Parser::uri(const Line& line) {
  if (!duration_)
    return playlist_error(Kind::missing_extinf, line.number,
                          "names a segment, but no #EXTINF before it says how long it is");
  if (playlist_.segments.size() >= max_segments)
    return playlist_error(Kind::too_many_segments, line.number,
                          "is one segment more than the " + std::to_string(max_segments) +
                              " that are read");
  auto resolved = resolve_uri(resolver_, line, line.text);
  if (!resolved)
    return resolved.error();
  if (!charge_shared_uris(key_, map_))
    return playlist_error(Kind::too_large, line.number, "makes it too large to keep");
  Segment segment;
  segment.uri = std::move(*resolved);
  segment.duration = *duration_;
  segment.discontinuity = discontinuity_;
  segment.program_date_time = date_;
  segment.program_date_time_tagged = date_.has_value();
  segment.map = map_;
  segment.key = key_;
  segment.gap = gap_;
  if (auto problem = place_byte_range(line, segment))
    return problem;
  playlist_.segments.push_back(std::move(segment));
  forget_tags();
  return std::nullopt;
}

tl::expected<MediaPlaylist, PlaylistError> Parser::finish() {
  if (!has_target_duration_)
    return tl::unexpected(playlist_error(Kind::missing_target_duration, 0,
                                         "has no #EXT-X-TARGETDURATION, so it is not a valid one"));
  number_segments(playlist_);
  if (skip_line_ != 0)
    if (auto misfit = find_misfit(*before_, playlist_, skip_line_))
      return tl::unexpected(*misfit);
  reckon_dates(playlist_.segments);
  playlist_.date_ranges = date_ranges_.take();
  return std::move(playlist_);
}

} // namespace

tl::expected<MediaPlaylist, PlaylistError> parse_media_playlist(std::string_view text,
                                                                const std::string& base_uri,
                                                                const PlaylistContext& context) {
  Parser parser(base_uri, context);
  Lines lines(text);
  while (auto line = lines.next()) {
    if (auto problem = parser.line(*line))
      return tl::unexpected(*problem);
  }
  return parser.finish();
}

} // namespace p2plive::media
