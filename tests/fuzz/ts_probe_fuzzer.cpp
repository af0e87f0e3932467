// Any bytes as the beginning of a segment: no crash, and what is found can be.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include "media/container.h"
#include "media/timestamp.h"
#include "media/ts_probe.h"

using namespace p2plive::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span bytes(data, size);
  auto sync = find_ts_sync(bytes);
  require(!sync || (*sync <= ts_sync_search && *sync + ts_packet_size <= size));
  require(!looks_like_ts(bytes) || sync);
  (void)sniff_container(bytes);
  auto found = probe_ts(bytes);
  if (!found)
    return 0;
  require(sync.has_value());
  require(static_cast<std::uint64_t>(found->ticks) < ticks33_modulus);
  require(found->extension < (found->source == TsTimestamp::Source::pcr ? 300 : 1));
  Unwrapper unwrapper;
  auto first = unwrapper.unwrap(found->ticks, found->extension);
  require(first >= std::chrono::seconds(0));
  require(unwrapper.unwrap(found->ticks, found->extension) == first);
  // With enough bytes to be sure of the first packet, a PCR stays the first, whatever follows it.
  constexpr auto sure = ts_sync_search + 6 * ts_packet_size;
  auto less = probe_ts(bytes.first(size > sure ? size - ts_packet_size : size));
  require(!less || less->source == TsTimestamp::Source::pts || *less == *found);
  return 0;
}
