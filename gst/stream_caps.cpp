// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stream_caps.h"

#define MPEG_TS_CAPS "video/mpegts, systemstream = (boolean) true, packetsize = (int) 188"
#define FMP4_CAPS "video/quicktime, variant = (string) iso-fragmented"
#define AAC_CAPS "audio/mpeg, mpegversion = (int) 4, stream-format = (string) adts"
#define MP3_CAPS "audio/mpeg, mpegversion = (int) 1"
#define AC3_CAPS "audio/x-ac3"
#define EAC3_CAPS "audio/x-eac3"

namespace p2plive::gst {

const char* const template_caps =
    MPEG_TS_CAPS "; " FMP4_CAPS "; " AAC_CAPS "; " MP3_CAPS "; " AC3_CAPS "; " EAC3_CAPS;

GstCaps* caps_of(Format format) {
  switch (format) {
  case Format::mpeg_ts:
    return gst_caps_from_string(MPEG_TS_CAPS);
  case Format::fmp4:
    return gst_caps_from_string(FMP4_CAPS);
  case Format::aac:
    return gst_caps_from_string(AAC_CAPS);
  case Format::mp3:
    return gst_caps_from_string(MP3_CAPS);
  case Format::ac3:
    return gst_caps_from_string(AC3_CAPS);
  case Format::eac3:
    return gst_caps_from_string(EAC3_CAPS);
  }
  return nullptr;
}

} // namespace p2plive::gst
