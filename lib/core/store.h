// The sliding window: which chunks of which segments are here, and who was asked for the others.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_life.h"
#include "core/chunk_pool.h"
#include "core/clock.h"
#include "core/flat_map.h"
#include "core/ids.h"
#include "core/version.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::core {

/// One chunk's place in the window.
struct Slot {
  ChunkRef data;               ///< set once the chunk is whole, by Store::put() alone
  std::optional<PeerId> asked; ///< requested from this viewer
  unsigned given = 0;          ///< times that it was sent to another viewer
  Time give_up_at{};           ///< when the request to the viewer is taken for lost
};

/// One segment of the window, or an init section of one, in one version.
class StoredSegment {
public:
  StoredSegment(SequenceNumber sn, Basis basis)
      : sn_(sn), basis_(basis), name_{sn, version_of(basis, 0)} {}

  SequenceNumber sn() const { return sn_; }
  Basis basis() const { return basis_; }

  /// Bytes, once anybody told. It is confirmed when this viewer's own CDN did.
  std::optional<std::uint64_t> size() const { return size_; }
  bool confirmed() const { return confirmed_; }
  /// Meaningful once the size is known.
  const ObjectName& name() const { return name_; }

  /// Chunks of the segment; of an expected number while the size is not known.
  std::vector<Slot>& slots() { return slots_; }
  const std::vector<Slot>& slots() const { return slots_; }
  void expect(std::uint32_t chunks);

  /// Bytes of a chunk; the size must be known.
  std::size_t length(std::uint32_t chunk) const;
  bool whole() const { return size_ && here_ == slots_.size(); }

  /// How a chunk that is here came. Null where nobody noted it.
  const ChunkLife* life(std::uint32_t chunk) const;
  void note(std::uint32_t chunk, const ChunkLife& life);

  unsigned failures = 0; ///< fetches of it that failed in a row
  Time retry_at{};       ///< not from the CDN before this
  /// The CDN does not have it, or the playlist says so (EXT-X-GAP). An init section is asked for
  /// all the same: a whole stream may wait for it.
  bool missing = false;
  std::optional<PeerId> claimed_by; ///< who told the size, while it is not confirmed

private:
  friend class Store;
  bool confirmed_ = false; // first, where it takes no room: simulations hold millions of segments
  SequenceNumber sn_;
  Basis basis_;
  ObjectName name_;
  std::optional<std::uint64_t> size_;
  std::vector<Slot> slots_;
  std::size_t here_ = 0; ///< slots with data
  /// As the slots, once one is noted.
  std::unique_ptr<std::vector<ChunkLife>> lives_;
};

/// Owns the segments and their chunks. Knows no reader.
class Store {
public:
  explicit Store(std::size_t pool_limit, Keeping keeping = Keeping::bytes)
      : pool_(pool_limit, keeping) {}

  enum class SizeChange {
    same,     ///< known already, or now known for the first time
    replaced, ///< it contradicts what was known: the chunks that were here are dropped
    refused,  ///< absurd, or a viewer's word against the CDN's
  };

  StoredSegment& add(SequenceNumber sn, Basis basis);
  StoredSegment* find(SequenceNumber sn);
  const StoredSegment* find(SequenceNumber sn) const;
  /// By full name: null when the version is another.
  StoredSegment* find(const ObjectName& object);

  /// The size as the viewer's own CDN tells it (`by` empty), or as another viewer claims it.
  SizeChange set_size(StoredSegment& segment, std::uint64_t size, std::optional<PeerId> by);

  /// Memory for a chunk about to be received; none when the pool's limit is reached.
  ChunkRef allocate() { return pool_.allocate(); }
  /// Keeps a whole chunk. False when it was here already.
  bool put(StoredSegment& segment, std::uint32_t chunk, ChunkRef data);

  /// Drops a chunk that is here.
  void drop(StoredSegment& segment, std::uint32_t chunk);
  void drop(SequenceNumber sn) { segments_.erase(sn); }
  /// Drops segments below `sn`.
  void drop_before(SequenceNumber sn);
  /// Drops init sections that are not among these, which are in order.
  void drop_inits_but(std::span<const SequenceNumber> wanted);
  void clear() { segments_.clear(); }

  const FlatMap<SequenceNumber, StoredSegment>& segments() const { return segments_; }

  /// Bytes that a segment of `duration` is expected to have, from those known last; none at first.
  std::optional<std::uint64_t> expected_size(Duration duration) const;
  /// Bytes a second of the segments known last; 0 at first.
  double bitrate() const { return bytes_per_second_; }
  void learn_rate(std::uint64_t size, Duration duration);

  const ChunkPool& pool() const { return pool_; }

private:
  ChunkPool pool_;
  FlatMap<SequenceNumber, StoredSegment> segments_;
  double bytes_per_second_ = 0;
};

} // namespace p2plive::core
