// Any bytes as the beginning of packed audio: no crash, and what is found can be.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include "media/container.h"
#include "media/id3_tag.h"
#include "media/packed_audio_probe.h"

using namespace p2plive::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span bytes(data, size);
  auto found = probe_packed_audio(bytes);
  require(found == probe_packed_audio(bytes));
  auto tag = id3_tag_size(bytes);
  require(!found.timestamp || (tag && size > 0));
  require(!found.timestamp || static_cast<std::uint64_t>(*found.timestamp) < ticks33_modulus);
  require(tag || found.codec == probe_audio_frame(bytes));
  bool sniffed = sniff_container(bytes) == Container::packed_audio;
  require(sniffed || sniff_container(bytes) == Container::iso_bmff ||
          (!found.timestamp && found.codec == AudioCodec::unknown));
  // Whatever the owner: content comes out of the part of the tag that is searched.
  auto content = find_id3_private(bytes, {});
  require(!content || (tag && content->size() < id3_search_size));
  return 0;
}
