// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/chunk_pool.h"

#include <cstring>

namespace p2plive::core {

/// Where slabs come back to, from any thread: a stack that is only pushed to one by one and emptied
/// at once, so it needs no lock and knows no ABA. It lives as long as the pool or any slab does.
struct SlabShelf {
  std::atomic<Slab*> returned{nullptr};
  std::atomic<std::uint64_t> users{1}; ///< the pool, and every slab that exists
};

namespace {

/// A slab with memory of its own.
struct OwnSlab : Slab {
  alignas(64) std::uint8_t memory[chunk_size];
};

/// What all hollow slabs share.
alignas(64) std::uint8_t shared_memory[chunk_size];

Slab* new_slab(Keeping keeping) {
  if (keeping == Keeping::sizes) {
    auto* slab = new Slab;
    slab->bytes = shared_memory;
    return slab;
  }
  auto* slab = new OwnSlab;
  slab->bytes = slab->memory;
  return slab;
}

void delete_slab(Slab* slab) {
  if (slab->bytes == shared_memory)
    delete slab;
  else
    delete static_cast<OwnSlab*>(slab);
}

void leave(SlabShelf* shelf) {
  if (shelf->users.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    // Nobody else is left: what was returned after the pool went is freed here.
    delete shelf;
  }
}

void free_list(Slab* slab) {
  while (slab) {
    auto* next = slab->next;
    auto* shelf = slab->shelf;
    delete_slab(slab);
    leave(shelf);
    slab = next;
  }
}

/// Marks a shelf whose pool is gone: whoever returns a slab then frees it.
Slab* const closed = reinterpret_cast<Slab*>(1);

void give_back(Slab* slab) {
  auto* shelf = slab->shelf;
  auto* top = shelf->returned.load(std::memory_order_acquire);
  do {
    if (top == closed) {
      delete_slab(slab);
      leave(shelf);
      return;
    }
    slab->next = top;
  } while (!shelf->returned.compare_exchange_weak(top, slab, std::memory_order_acq_rel,
                                                  std::memory_order_acquire));
}

} // namespace

ChunkRef::ChunkRef(Slab* slab) noexcept : slab_(slab) {
  if (slab_)
    slab_->holders.fetch_add(1, std::memory_order_relaxed);
}

ChunkRef::~ChunkRef() {
  if (slab_ && slab_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
    give_back(slab_);
}

bool ChunkRef::hollow() const {
  return slab_->bytes == shared_memory;
}

void ChunkRef::write(std::size_t at, std::span<const std::uint8_t> bytes) const {
  // Not std::ranges::copy, of which g++ 12 makes a loop over bytes here.
  if (!hollow() && !bytes.empty())
    std::memcpy(slab_->bytes + at, bytes.data(), bytes.size());
}

ChunkPool::ChunkPool(std::size_t limit, Keeping keeping)
    : shelf_(new SlabShelf), limit_(limit), keeping_(keeping) {}

ChunkPool::~ChunkPool() {
  free_list(free_);
  auto* returned = shelf_->returned.exchange(closed, std::memory_order_acq_rel);
  free_list(returned);
  leave(shelf_);
}

ChunkRef ChunkPool::allocate() {
  if (!free_)
    free_ = shelf_->returned.exchange(nullptr, std::memory_order_acq_rel);
  if (free_) {
    auto* slab = free_;
    free_ = slab->next;
    ++reused_;
    return ChunkRef(slab);
  }
  if ((allocated_ + 1) * slab_size > limit_)
    return {};
  auto* slab = new_slab(keeping_);
  slab->shelf = shelf_;
  shelf_->users.fetch_add(1, std::memory_order_relaxed);
  ++allocated_;
  return ChunkRef(slab);
}

} // namespace p2plive::core
