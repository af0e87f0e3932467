// Is what each element handed out, segment by segment, what the CDN serves?
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <functional>

namespace p2plive::bench {

/// SHA-256 (hexadecimal) of the first `size` bytes of segment `sn` as the CDN serves it, and its
/// full size; none: there is no such segment, or it is shorter.
struct Reference {
  std::string sha256;
  std::uint64_t full_size = 0;
};
using ReferenceOf = std::function<std::optional<Reference>(MediaSequence, std::uint64_t size)>;

/// What is wrong with one viewer's output: missing, repeated, reordered, half or different
/// segments, or none at all. Empty: nothing. Only the very last segment may be a part.
std::string fault_in_output(const ViewerRecord& viewer, const ReferenceOf& reference);

/// The fault of a viewer that got no whole segment.
constexpr const char* no_whole_segment = "no whole segment at all";

/// SHA-256 of the first `size` bytes of a file; empty: it cannot be read or is shorter.
std::string sha256_of_file(const std::string& path, std::uint64_t size);

} // namespace p2plive::bench
