// Memory of chunks: slabs of one size, reused, under a hard limit.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::core {

/// One chunk's memory. Written by the owner of the pool's thread until it is shared, then constant.
struct Slab {
  std::atomic<std::uint32_t> holders{0};
  Slab* next = nullptr; ///< in the list of the returned
  struct SlabShelf* shelf = nullptr;
  std::uint8_t* bytes = nullptr; ///< chunk_size of them
};

/// What a pool keeps of the chunks that it is given.
enum class Keeping {
  bytes,
  /// All chunks of the process share one memory, so that what is read there means nothing: for
  /// simulations on one thread that count bytes and look at none.
  sizes,
};

/// A counted reference to a slab. Copied and dropped on any thread; outlives the pool.
class ChunkRef {
public:
  ChunkRef() = default;
  explicit ChunkRef(Slab* slab) noexcept; ///< takes a new reference
  ChunkRef(const ChunkRef& other) noexcept : ChunkRef(other.slab_) {}
  ChunkRef(ChunkRef&& other) noexcept : slab_(other.slab_) { other.slab_ = nullptr; }
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~ChunkRef();

  explicit operator bool() const { return slab_ != nullptr; }
  std::uint8_t* data() const { return slab_->bytes; }
  /// Nobody looks at these bytes (Keeping::sizes): they need not be written, or copied.
  bool hollow() const;
  /// Puts bytes into it, `at` bytes from its beginning.
  void write(std::size_t at, std::span<const std::uint8_t> bytes) const;

private:
  Slab* slab_ = nullptr;
};

/// Allocates, reuses, counts. One thread calls allocate(); references are dropped on any thread,
/// and slabs still held when the pool goes are freed with their last reference.
class ChunkPool {
public:
  /// What one chunk counts of the limit.
  static constexpr std::size_t slab_size = sizeof(Slab) + chunk_size;

  /// `limit` bytes of slabs at most.
  explicit ChunkPool(std::size_t limit, Keeping keeping = Keeping::bytes);
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  /// Memory of chunk_size bytes, its content undefined; none when the limit is reached.
  ChunkRef allocate();

  std::uint64_t allocated() const { return allocated_; } ///< slabs taken from the system, ever
  std::uint64_t reused() const { return reused_; }       ///< allocations served by a returned slab
  std::size_t limit() const { return limit_; }           ///< bytes

private:
  SlabShelf* shelf_;
  Slab* free_ = nullptr;
  std::size_t limit_;
  Keeping keeping_;
  std::uint64_t allocated_ = 0;
  std::uint64_t reused_ = 0;
};

} // namespace p2plive::core
