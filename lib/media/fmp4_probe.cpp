// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/fmp4_probe.h"

#include "media/big_endian.h"
#include "media/iso_boxes.h"

#include <algorithm>

namespace p2plive::media {

namespace {

using Bytes = std::span<const std::uint8_t>;

Bytes looked_at(Bytes bytes) {
  return bytes.first(std::min(bytes.size(), fmp4_probe_size));
}

std::optional<Bytes> find_movie(Bytes bytes) {
  Boxes boxes(bytes);
  while (auto box = boxes.next()) {
    if (box->type == box_type("moov"))
      return box->body;
    if (box->type == box_type("moof"))
      break;
  }
  return std::nullopt;
}

/// What follows version, flags and two dates: the id in a tkhd (8.3.2), the timescale in an mdhd
/// (8.4.2). The dates have 32 bits in version 0 and 64 in version 1.
std::optional<std::uint32_t> read_after_dates(Bytes body) {
  if (body.empty() || body[0] > 1)
    return std::nullopt;
  return read_big_endian<std::uint32_t>(body, body[0] == 0 ? 12 : 20);
}

Fmp4Track::Kind kind_of(std::uint32_t handler) {
  switch (BoxType{handler}) {
  case box_type("vide"):
    return Fmp4Track::Kind::video;
  case box_type("soun"):
    return Fmp4Track::Kind::audio;
  default:
    return Fmp4Track::Kind::other;
  }
}

std::optional<Fmp4Track> read_track(Bytes trak) {
  auto mdia = find_box(trak, box_type("mdia")).value_or(Bytes{});
  auto tkhd = find_box(trak, box_type("tkhd")).value_or(Bytes{});
  auto mdhd = find_box(mdia, box_type("mdhd")).value_or(Bytes{});
  auto hdlr = find_box(mdia, box_type("hdlr")).value_or(Bytes{});
  auto id = read_after_dates(tkhd);
  auto timescale = read_after_dates(mdhd);
  auto handler = read_big_endian<std::uint32_t>(hdlr, 8);
  if (!id || *id == 0 || !timescale || *timescale == 0 || !handler)
    return std::nullopt;
  return Fmp4Track{TrackId{*id}, kind_of(*handler), *timescale};
}

/// In version 1 of the box 64 bits, in version 0 only 32.
std::optional<std::uint64_t> read_decode_time(Bytes tfdt) {
  if (tfdt.empty() || tfdt[0] > 1)
    return std::nullopt;
  if (tfdt[0] == 1)
    return read_big_endian<std::uint64_t>(tfdt, 4);
  return read_big_endian<std::uint32_t>(tfdt, 4);
}

/// Rounded down, as GStreamer does. Whole seconds apart, for the product would overflow.
std::optional<std::chrono::nanoseconds> to_time(std::uint64_t units, std::uint32_t timescale) {
  constexpr std::uint64_t nanoseconds_per_second = std::nano::den;
  constexpr std::uint64_t max_seconds = std::chrono::seconds(max_fmp4_time).count();
  auto seconds = units / timescale;
  if (seconds >= max_seconds)
    return std::nullopt;
  auto fraction = units % timescale * nanoseconds_per_second / timescale;
  return std::chrono::nanoseconds(seconds * nanoseconds_per_second + fraction);
}

struct Start {
  Fmp4Track::Kind kind{};
  std::chrono::nanoseconds time{};
};

std::optional<Start> read_start(const Fmp4Init& init, Bytes traf) {
  auto tfhd = find_box(traf, box_type("tfhd")).value_or(Bytes{});
  auto tfdt = find_box(traf, box_type("tfdt")).value_or(Bytes{});
  auto id = read_big_endian<std::uint32_t>(tfhd, 4);
  auto units = read_decode_time(tfdt);
  auto* track = id ? init.find(TrackId{*id}) : nullptr;
  if (!track || !units)
    return std::nullopt;
  auto time = to_time(*units, track->timescale);
  if (!time)
    return std::nullopt;
  return Start{track->kind, *time};
}

} // namespace

const Fmp4Track* Fmp4Init::find(TrackId id) const {
  auto it = std::find_if(tracks.begin(), tracks.end(), [id](auto& it) { return it.id == id; });
  return it == tracks.end() ? nullptr : &*it;
}

std::optional<Fmp4Init> probe_init(Bytes bytes) {
  Fmp4Init init;
  Boxes boxes(find_movie(looked_at(bytes)).value_or(Bytes{}));
  while (auto box = boxes.next()) {
    if (init.tracks.size() == max_fmp4_tracks)
      break;
    if (box->type != box_type("trak"))
      continue;
    auto track = read_track(box->body);
    if (track && !init.find(track->id))
      init.tracks.push_back(*track);
  }
  if (init.tracks.empty())
    return std::nullopt;
  return init;
}

bool carries_init(Bytes bytes) {
  return find_movie(looked_at(bytes)).has_value();
}

std::optional<std::chrono::nanoseconds> probe_fragment(const Fmp4Init& init, Bytes first_bytes) {
  std::optional<std::chrono::nanoseconds> first;
  Boxes boxes(find_box(looked_at(first_bytes), box_type("moof")).value_or(Bytes{}));
  while (auto box = boxes.next()) {
    if (box->type != box_type("traf"))
      continue;
    auto start = read_start(init, box->body);
    if (start && start->kind == Fmp4Track::Kind::video)
      return start->time;
    if (start && !first)
      first = start->time;
  }
  return first;
}

} // namespace p2plive::media
