// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/verify.h"

#include <glib.h>

#include <fstream>

namespace p2plive::bench {

namespace {

std::string name_of(const EmittedSegment& segment) {
  return "segment " + std::to_string(segment.sn);
}

std::string fault_in_order(const EmittedSegment& previous, const EmittedSegment& segment) {
  if (segment.sn == previous.sn + 1)
    return {};
  if (segment.sn == previous.sn)
    return name_of(segment) + " came twice";
  if (segment.sn < previous.sn)
    return name_of(segment) + " came after " + name_of(previous);
  return "after " + name_of(previous) + " came " + name_of(segment) + ": " +
         std::to_string(segment.sn - previous.sn - 1) + " missing";
}

std::string fault_in_bytes(const EmittedSegment& segment, const ReferenceOf& reference) {
  if (segment.first_offset != 0)
    return name_of(segment) + " began at byte " + std::to_string(segment.first_offset);
  if (!segment.contiguous)
    return name_of(segment) + " has a gap or a repetition inside";
  auto expected = reference(segment.sn, segment.size);
  if (!expected)
    return name_of(segment) + ", " + std::to_string(segment.size) +
           " bytes, is not what the CDN has";
  if (!segment.last && segment.size != expected->full_size)
    return name_of(segment) + " is " + std::to_string(segment.size) + " of " +
           std::to_string(expected->full_size) + " bytes";
  if (segment.sha256 != expected->sha256)
    return name_of(segment) + " has other bytes than the CDN's";
  return {};
}

} // namespace

std::string fault_in_output(const ViewerRecord& viewer, const ReferenceOf& reference) {
  bool whole = false;
  const EmittedSegment* previous = nullptr;
  for (const auto& segment : viewer.segments) {
    if (previous)
      if (auto fault = fault_in_order(*previous, segment); !fault.empty())
        return fault;
    if (auto fault = fault_in_bytes(segment, reference); !fault.empty())
      return fault;
    whole |= !segment.last;
    previous = &segment;
  }
  return whole ? "" : no_whole_segment;
}

std::string sha256_of_file(const std::string& path, std::uint64_t size) {
  std::ifstream in(path, std::ios::binary);
  auto* checksum = g_checksum_new(G_CHECKSUM_SHA256);
  std::vector<char> buffer(1 << 16);
  while (size > 0 && in) {
    in.read(buffer.data(),
            static_cast<std::streamsize>(std::min<std::uint64_t>(size, buffer.size())));
    g_checksum_update(checksum, reinterpret_cast<const guchar*>(buffer.data()), in.gcount());
    size -= static_cast<std::uint64_t>(in.gcount());
  }
  std::string result = size == 0 ? g_checksum_get_string(checksum) : "";
  g_checksum_free(checksum);
  return result;
}

} // namespace p2plive::bench
