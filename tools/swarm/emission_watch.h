// Watches what p2plivesrc hands out: segment by segment a digest and a size, told as lines.
//
// The element marks each buffer: GST_BUFFER_OFFSET is its segment's media sequence number,
// GST_BUFFER_OFFSET_END the offset of its first byte in the segment, and the first buffer of a
// segment carries a reference timestamp (timestamp/x-unix) where PROGRAM-DATE-TIME is known.
//
// Used on the streaming thread; sample() from any.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/frame_clock.h"
#include "swarm/reporter.h"

#include <gst/gst.h>

#include <memory>
#include <mutex>

namespace p2plive::bench {

class EmissionWatch {
public:
  EmissionWatch(Reporter& reporter, FrameClock& clock) : reporter_(reporter), clock_(clock) {}

  void buffer(GstBuffer* buffer);
  /// The viewer ends: tells what it had of the segment that it was in.
  void finish();
  /// Fills in the segment being handed out.
  void fill(Sample& sample) const;

private:
  struct ChecksumFree {
    void operator()(GChecksum* checksum) const { g_checksum_free(checksum); }
  };

  void begin(GstBuffer* buffer, MediaSequence sn, std::uint64_t offset);
  void end(bool last);

  Reporter& reporter_;
  FrameClock& clock_;
  mutable std::mutex mutex_;
  std::optional<EmittedSegment> current_;
  std::unique_ptr<GChecksum, ChecksumFree> checksum_;
  bool any_ = false;
};

} // namespace p2plive::bench
