// How much a playlist may ask of us. Far above every real one (twelve hours of two-second segments
// are 21 600 of them and some 2 MB), far below what hurts.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace p2plive::media {

inline constexpr std::size_t max_playlist_size = 8u << 20; ///< bytes of text
inline constexpr std::size_t max_line_length = 16u << 10;  ///< bytes, without the line end
inline constexpr std::size_t max_uri_length = 8u << 10;    ///< bytes, resolved
inline constexpr std::size_t max_uri_bytes = 32u << 20;    ///< all resolved URIs together
inline constexpr std::size_t max_segments = 50'000;
inline constexpr std::size_t max_variants = 500;
inline constexpr std::size_t max_definitions = 200;     ///< EXT-X-DEFINE
inline constexpr std::size_t max_definition_name = 128; ///< bytes
/// Bytes; a longer value fits into no URI.
inline constexpr std::size_t max_definition_value = max_uri_length;
/// Bytes of all lines together in which variables were replaced.
inline constexpr std::size_t max_expanded_size = max_playlist_size;
inline constexpr std::size_t max_date_ranges = 1000;
inline constexpr std::size_t max_date_range_bytes = 1u << 20; ///< text of all of them together
inline constexpr std::chrono::seconds max_target_duration{3600};
inline constexpr std::chrono::seconds max_segment_duration{3600};
/// Target durations are whole seconds (RFC 8216, 4.3.3.1), rounded: 0 stands where segments are
/// shorter than half a second, and is read as this.
inline constexpr std::chrono::seconds min_target_duration{1};
/// Sequence numbers stay below, so that counting on from one never overflows.
inline constexpr std::uint64_t max_sequence_number = std::uint64_t{1} << 62;
/// Bytes ranges stay below: no resource is larger.
inline constexpr std::uint64_t max_resource_size = std::uint64_t{1} << 50;
inline constexpr std::uint64_t max_bandwidth_value = 1'000'000'000'000; ///< bits a second

} // namespace p2plive::media
