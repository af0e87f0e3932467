// Any bytes as an init section and as the beginning of a segment: no crash, and what is found can
// be. The first two bytes of the input are the length of the init section, big-endian.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include "media/fmp4_probe.h"
#include "media/open_box.h"
#include "media/segment_clock.h"

#include <algorithm>

using namespace p2plive::media;

namespace {

void check(const Fmp4Init& init) {
  require(!init.tracks.empty() && init.tracks.size() <= max_fmp4_tracks);
  for (const auto& track : init.tracks) {
    require(track.id != TrackId{} && track.timescale > 0);
    require(init.find(track.id) == &track); // each id once
  }
}

/// What lacks does not depend on the pieces that came, and the next byte makes it one less.
void check_open_box(std::span<const std::uint8_t> segment, std::size_t cut) {
  OpenBox whole, parts;
  whole.pass(segment);
  parts.pass(segment.first(std::min(cut, segment.size())));
  const auto before = parts.media_lacking();
  auto rest = segment.subspan(std::min(cut, segment.size()));
  if (before > 0 && !rest.empty()) {
    parts.pass(rest.first(1));
    require(parts.media_lacking() == before - 1);
    rest = rest.subspan(1);
  }
  parts.pass(rest);
  require(parts.media_lacking() == whole.media_lacking());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span input(data, size);
  if (size < 2)
    return 0;
  std::size_t length = input[0] << 8 | input[1];
  input = input.subspan(2);
  auto section = input.first(std::min(length, input.size()));
  auto segment = input.subspan(section.size());
  auto init = probe_init(section);
  require(!init || carries_init(section));
  require(init == probe_init(section));
  if (init)
    check(*init);
  auto known = init.value_or(Fmp4Init{});
  auto time = probe_fragment(known, segment);
  require(!time || init);
  require(!time || (*time >= std::chrono::seconds(0) && *time < max_fmp4_time));
  // More bytes may tell another track's time, but never nothing where fewer told something.
  auto less = probe_fragment(known, segment.first(segment.size() - segment.size() / 8));
  require(!less || time);
  check_open_box(segment, length);
  SegmentClock clock;
  clock.init(section);
  auto begun = clock.begin(segment);
  require(clock.begin(segment) == begun);
  return 0;
}
