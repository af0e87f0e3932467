// Makes of the chunks that are handed out what the application gets: in the clear, with a format
// and a place in time. On the application's thread, so that the network thread decrypts nothing.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "media/open_box.h"
#include "media/segment_clock.h"
#include "viewer/delivery.h"
#include "viewer/segment_cipher.h"
#include "viewer/viewer.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::viewer {

/// Used by whoever pops, one thread at a time. Holds back an init section until the segment behind
/// it has come, whose timestamp both get.
class Unpacker {
public:
  Unpacker();

  /// In the order of the stream.
  void put(Delivery delivery);
  /// What can be handed out; none: put() more. After an Error there is nothing but EndOfStream.
  std::optional<Output> take();

private:
  struct Piece { ///< in the clear
    core::ChunkRef data;
    std::size_t skip = 0; ///< bytes in front that are left out
    std::size_t size = 0; ///< behind them
    std::shared_ptr<const ChunkLife> life{};
    std::span<const std::uint8_t> bytes() const { return {data.data() + skip, size}; }
  };

  void begin(const Delivery& delivery);
  void complete_media();
  std::vector<Piece> clear(Delivery& delivery);
  struct Recognized {
    std::optional<Format> format; ///< none: a web page, or nothing that can be played
    std::uint64_t tags = 0;       ///< bytes in front of packed audio
  };
  static Recognized recognize(std::span<const std::uint8_t> first_bytes);
  void read_init();
  bool begin_segment(const Piece& first, const core::Deliver& deliver);
  void hand_out(Piece piece, const core::Deliver& deliver);
  std::chrono::nanoseconds pass(std::size_t bytes, const core::Deliver& deliver);
  void fail(Error error);

  core::ChunkPool pool_; ///< of bytes that were decrypted
  std::optional<SegmentCipher> cipher_;
  media::SegmentClock clock_;
  std::optional<Format> format_; ///< none: nothing was recognized yet
  std::deque<Output> ready_;
  std::vector<Piece> init_; ///< of the segment to come
  bool failed_ = false;

  // Of the segment that begins.
  bool begins_ = false;
  bool discontinuity_ = false;
  bool new_line_ = false;
  std::chrono::nanoseconds skipped_{};
  std::shared_ptr<const Quality> quality_;
  std::optional<std::chrono::nanoseconds> timestamp_;

  // Of the segment, or init section, that is under way.
  std::uint64_t offset_ = 0;        ///< of the next byte handed out
  std::uint64_t passed_ = 0;        ///< bytes seen, those left out as well
  std::chrono::nanoseconds told_{}; ///< media time that buffers have had
  std::uint64_t tags_ = 0;          ///< bytes of ID3 tags still to come
  media::OpenBox box_;              ///< of fragmented MP4
  std::uint64_t media_sequence_ = 0;
  std::uint64_t segment_size_ = 0;
};

} // namespace p2plive::viewer
