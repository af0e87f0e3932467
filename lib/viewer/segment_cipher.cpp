// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/segment_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

namespace {
constexpr std::size_t block_size = 16;
}

void SegmentCipher::Free::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

SegmentCipher::SegmentCipher(const SegmentSecret& secret, core::ChunkPool& pool)
    : context_(EVP_CIPHER_CTX_new()), pool_(pool) {
  EVP_DecryptInit_ex(context_.get(), EVP_aes_128_cbc(), nullptr, secret.key.data(),
                     secret.iv.data());
  // It would keep a block back in each call, and so never fill a slab.
  EVP_CIPHER_CTX_set_padding(context_.get(), 0);
}

std::vector<PlainChunk> SegmentCipher::decrypt(std::span<const std::uint8_t> bytes, bool last) {
  std::vector<PlainChunk> out;
  if (in_block_ > 0) {
    auto missing = std::min(block_size - in_block_, bytes.size());
    std::copy_n(bytes.begin(), missing, block_.begin() + static_cast<std::ptrdiff_t>(in_block_));
    in_block_ += missing;
    bytes = bytes.subspan(missing);
    if (in_block_ == block_size) {
      in_block_ = 0;
      decrypt_blocks(block_, out);
    }
  }
  auto whole = bytes.size() / block_size * block_size;
  decrypt_blocks(bytes.first(whole), out);
  auto rest = bytes.subspan(whole);
  std::ranges::copy(rest, block_.begin() + static_cast<std::ptrdiff_t>(in_block_));
  in_block_ += rest.size();
  if (last) {
    strip_padding();
    if (filling_.size > 0)
      out.push_back(std::exchange(filling_, {}));
  }
  return out;
}

void SegmentCipher::decrypt_blocks(std::span<const std::uint8_t> blocks,
                                   std::vector<PlainChunk>& out) {
  while (!blocks.empty()) {
    if (filling_.size == plain_size)
      out.push_back(std::exchange(filling_, {}));
    if (!filling_.data)
      filling_.data = pool_.allocate();
    auto now = blocks.first(std::min(blocks.size(), plain_size - filling_.size));
    int written = 0;
    EVP_DecryptUpdate(context_.get(), filling_.data.data() + filling_.size, &written, now.data(),
                      static_cast<int>(now.size()));
    filling_.size += now.size();
    blocks = blocks.subspan(now.size());
  }
}

void SegmentCipher::strip_padding() {
  if (filling_.size < block_size)
    return;
  auto* end = filling_.data.data() + filling_.size;
  auto count = std::size_t{end[-1]};
  if (count == 0 || count > block_size ||
      !std::all_of(end - count, end, [&](std::uint8_t byte) { return byte == count; }))
    return;
  filling_.size -= count;
}

} // namespace p2plive::viewer
