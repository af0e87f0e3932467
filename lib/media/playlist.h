// HLS playlists (RFC 8216, and "bis": draft-pantos-hls-rfc8216bis) as values: what a viewer reads
// from the CDN to know what to play.
// Pure functions, any thread. The text comes from the network: every size is bounded by
// "media/playlist_limits.h", and what cannot be read comes back as an error for a person.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/date_range.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace p2plive::media {

/// A part of a resource, in bytes (RFC 8216, 4.3.2.2).
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

/// How a segment is encrypted (EXT-X-KEY, 4.3.2.4).
struct Key {
  enum class Method { none, aes_128, sample_aes, other };
  Method method = Method::none;
  std::string uri; ///< absolute; as written for another scheme than http(s); empty for none
  std::optional<std::array<std::uint8_t, 16>> iv; ///< none: the segment's number, big-endian
  bool operator==(const Key&) const = default;
};

/// What a demuxer needs before the first segment (EXT-X-MAP, 4.3.2.5).
struct InitSection {
  std::string uri; ///< absolute
  std::optional<ByteRange> byte_range;
  Key key; ///< in force where the tag stands; one with AES-128 names an IV
  bool operator==(const InitSection&) const = default;
};

struct Segment {
  std::uint64_t sn = 0;                     ///< media sequence number
  std::string uri;                          ///< absolute, http or https
  std::chrono::nanoseconds duration{};      ///< EXTINF
  bool discontinuity = false;               ///< EXT-X-DISCONTINUITY stands before it
  std::uint64_t discontinuity_sequence = 0; ///< of this segment (6.2.1)
  /// UTC of its first sample. Where it has no tag of its own: reckoned from the nearest tag before
  /// it, else after it, on the same side of every discontinuity (6.3.3).
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> program_date_time;
  bool program_date_time_tagged = false; ///< a tag of its own, not reckoned
  /// What a reckoned date in whole milliseconds leaves off, lest roundings add up from load to
  /// load.
  std::chrono::nanoseconds date_fraction{};
  std::optional<ByteRange> byte_range;
  std::optional<InitSection> map;
  Key key;
  bool gap = false; ///< EXT-X-GAP: listed, but not to be had
  bool operator==(const Segment&) const = default;
};

struct MediaPlaylist {
  std::chrono::nanoseconds target_duration{}; ///< at least a second
  std::uint64_t media_sequence = 0;           ///< of the first segment
  std::uint64_t discontinuity_sequence = 0;   ///< EXT-X-DISCONTINUITY-SEQUENCE
  bool ended = false;                         ///< EXT-X-ENDLIST: no more will come
  bool independent_segments = false;
  bool i_frames_only = false;
  int version = 1;
  /// Older segments may be left out of an update, in seconds from the end of the playlist
  /// (CAN-SKIP-UNTIL; bis, 4.4.3.8); 0: the server makes no such updates.
  std::chrono::nanoseconds skip_boundary{};
  /// Where to begin (EXT-X-START, 4.3.5.2): from the beginning of the playlist on, or, negative,
  /// before its end.
  std::optional<std::chrono::nanoseconds> start_offset;
  std::vector<Segment> segments;      ///< oldest first, numbers without holes; may be empty
  std::vector<DateRange> date_ranges; ///< as listed; of too many the first
  bool operator==(const MediaPlaylist&) const = default;
};

/// One quality of the stream (EXT-X-STREAM-INF, 4.3.4.2).
struct Variant {
  std::string uri;                     ///< absolute, of a media playlist
  std::uint64_t bandwidth = 0;         ///< peak, bits a second
  std::uint64_t average_bandwidth = 0; ///< bits a second; 0: not said
  std::string codecs;                  ///< as written, comma separated; empty: not said
  std::uint32_t width = 0;             ///< 0: not said
  std::uint32_t height = 0;
  double frame_rate = 0;       ///< 0: not said
  bool separate_audio = false; ///< its sound is in a playlist of its own (EXT-X-MEDIA with URI)

  /// Nothing to see: its codecs are all of sound.
  bool audio_only() const;
  bool operator==(const Variant&) const = default;
};

/// What variables stand for, by name (EXT-X-DEFINE; bis, 4.4.2.3).
using Definitions = std::map<std::string, std::string, std::less<>>;

struct MasterPlaylist {
  std::vector<Variant> variants; ///< as written, at least one
  Definitions definitions;       ///< for its media playlists to import
  bool independent_segments = false;
  /// As MediaPlaylist::start_offset, before which it comes where both have one (4.3.5).
  std::optional<std::chrono::nanoseconds> start_offset;
  bool operator==(const MasterPlaylist&) const = default;
};

struct PlaylistError {
  enum class Kind {
    empty,
    html, ///< a web page, most often an error page or a login
    json,
    binary,         ///< NULs, or media instead of a playlist
    not_a_playlist, ///< text that does not begin with #EXTM3U
    too_large,
    line_too_long,
    uri_too_long,
    too_many_segments,
    too_many_variants,
    missing_target_duration,
    missing_extinf, ///< a segment without its duration
    bad_number,     ///< not a number, or an absurd one
    bad_tag,        ///< a tag that matters and cannot be read
    bad_uri,        ///< cannot be resolved, or is neither http nor https
    mixed,          ///< tags of a master and of a media playlist in one
    no_variants,
    bad_definition, ///< an EXT-X-DEFINE that cannot be read, is there twice, or finds no value
    too_many_definitions,
    definition_too_long,
    undefined_variable, ///< a reference to a variable that is not defined before it
    delta_misfit, ///< an update that does not go on from the playlist before it: load it whole
  };
  Kind kind{};
  std::size_t line = 0; ///< from 1; 0: the whole text
  std::string message;  ///< a sentence for a person, with the line in it
};

using Playlist = std::variant<MasterPlaylist, MediaPlaylist>;

/// What a playlist is read against. What is pointed to is only looked at while it is read.
struct PlaylistContext {
  /// Of the master playlist that led here; null: none did, and nothing can be imported.
  const Definitions* imported = nullptr;
  /// What an update that leaves segments out goes on from (EXT-X-SKIP; bis, 6.2.5.1); null: none
  /// was asked for. What comes out is whole, as if it had been loaded so.
  const MediaPlaylist* before = nullptr;
};

/// Reads a playlist. `base_uri` is where it really came from, after redirects; relative URIs are
/// resolved against it. Tolerates a BOM, CRLF, unknown tags and comments, an EXTINF at the end
/// whose URI is still to come, and a final line without line end.
tl::expected<Playlist, PlaylistError> parse_playlist(std::string_view text,
                                                     const std::string& base_uri,
                                                     const PlaylistContext& context = {});

/// What of a playlist cannot be played yet.
struct Unsupported {
  std::string message; ///< one sentence
  bool encryption = false;
};
/// None: all of it can.
std::optional<Unsupported> unsupported(const MediaPlaylist& playlist);
std::optional<Unsupported> unsupported(const Variant& variant);

} // namespace p2plive::media
