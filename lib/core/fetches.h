// Transfers from the CDN under way: cuts what arrives into chunks, and knows how long they take.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "core/clock.h"
#include "core/events.h"
#include "core/ids.h"

#include <array>
#include <functional>
#include <map>
#include <span>

namespace p2plive::core {

/// Chunks [first, last] of one segment, asked for in one closed range.
struct Transfer {
  FetchId id{};
  SequenceNumber sn{};
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  Time started{};
  std::optional<std::uint64_t> size; ///< of the segment, as the answer's head told
  std::uint64_t offset = 0;          ///< in the segment, of the next byte to arrive
  std::size_t lost = 0;              ///< bytes that could not be kept
  std::optional<Time> first_whole;   ///< when its first chunk had come
  ChunkRef building;                 ///< the chunk that `offset` lies in, as far as it has come
};

/// Bookkeeping of transfers. Bytes of a chunk stay here until the chunk is whole.
class Fetches {
public:
  /// Where whole chunks go: (transfer, chunk, memory).
  using Whole = std::function<void(const Transfer&, std::uint32_t chunk, ChunkRef)>;
  using Allocate = std::function<ChunkRef()>;

  Transfer& start(Time now, SequenceNumber sn, std::uint32_t first, std::uint32_t last);
  Transfer* find(FetchId id);
  void answered(Transfer& transfer, const FetchHead& head);
  /// Returns how many of `bytes` belong to no chunk that can be kept (no memory, no size,
  /// misaligned).
  std::size_t received(Time now, Transfer& transfer, std::span<const std::uint8_t> bytes,
                       const Allocate& allocate, const Whole& whole);
  /// Counted among the recent ones; what it brought plays for `media`, 0 where that is not known or
  /// all of it is needed at once.
  void finished(Time now, FetchId id, Duration media);
  void failed(FetchId id);
  /// Is the chunk still to come with a transfer under way?
  bool covers(SequenceNumber sn, std::uint32_t chunk) const;
  /// The server has shown that it answers a range with the whole segment: asking for parts of one
  /// would bring it several times.
  bool whole_only() const { return whole_only_; }
  /// Is any of the segment under way?
  bool any_of(SequenceNumber sn) const;
  /// Did it bring everything that was asked for?
  static bool complete(const Transfer& transfer);
  void clear() { transfers_.clear(); }
  /// The transfer that is to bring the chunk, where it has had `patience` and comes at less than a
  /// quarter of the rate at which another was done in the last two seconds: asked for anew, the
  /// rest comes sooner. On a link that is slow for all of them there is none.
  const Transfer* laggard(Time now, SequenceNumber sn, std::uint32_t chunk,
                          Duration patience) const;
  const std::map<FetchId, Transfer>& under_way() const { return transfers_; }

  /// How long ahead of its time something has to be asked for: for each transfer the time until its
  /// first chunk had come, or more where the rest came slower than it plays, for what was asked for
  /// together is needed one after the other; until the end where the server sends whole segments
  /// only, or nothing goes out before that. 95th percentile of the last 32; half a second before
  /// there are any.
  Duration p95() const { return p95_; }

private:
  void is_whole(Transfer& transfer);
  const Transfer* covering(SequenceNumber sn, std::uint32_t chunk) const;
  void measure();

  std::map<FetchId, Transfer> transfers_;
  std::uint64_t next_id_ = 1;
  bool whole_only_ = false;
  std::array<Duration, 32> recent_{};
  std::size_t measured_ = 0;
  double fastest_ = 0; ///< bytes a second, of what was done lately
  Time fastest_at_{};
  Duration p95_ = 500ms; ///< asked for in every plan
};

} // namespace p2plive::core
