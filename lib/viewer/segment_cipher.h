// Undoes AES-128 of a segment as its chunks come (RFC 8216, 4.3.2.4: CBC, PKCS#7 padding).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "viewer/delivery.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct evp_cipher_ctx_st;

namespace p2plive::viewer {

/// Bytes in the clear, in memory of their own: other viewers get the chunk as it came.
struct PlainChunk {
  core::ChunkRef data;
  std::size_t size = 0;
};

/// One for each segment. Used on one thread.
class SegmentCipher {
public:
  /// Whole blocks of the cipher and whole TS packets, in one slab of the pool.
  static constexpr std::size_t plain_size = 10 * 16 * 188;
  static_assert(plain_size <= core::chunk_size);

  /// `pool` is where the bytes in the clear lie; it has to have room.
  SegmentCipher(const SegmentSecret& secret, core::ChunkPool& pool);

  /// The next bytes of the segment. Returns what is in the clear by now and is whole: chunks of
  /// plain_size, and after the last bytes the rest. Bytes that are no whole block at the end of a
  /// segment are left out, as is the padding; where there is no proper padding nothing is.
  std::vector<PlainChunk> decrypt(std::span<const std::uint8_t> bytes, bool last);

private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };

  void decrypt_blocks(std::span<const std::uint8_t> blocks, std::vector<PlainChunk>& out);
  void strip_padding();

  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
  core::ChunkPool& pool_;
  PlainChunk filling_;                   ///< not handed out before more has come, for the padding
  std::array<std::uint8_t, 16> block_{}; ///< the first bytes of a block whose others are to come
  std::size_t in_block_ = 0;
};

} // namespace p2plive::viewer
