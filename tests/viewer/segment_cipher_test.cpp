// AES-128 of whole segments, undone chunk by chunk: against OpenSSL's own one-shot way.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/segment_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <string>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using viewer::SegmentCipher;

namespace {

constexpr viewer::SegmentSecret secret{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                                       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 44}};

std::string plain_text(std::size_t size) {
  std::string out(size, 0);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>(i * 7 + i / 251);
  return out;
}

std::string encrypt(const std::string& plain) {
  std::string out(plain.size() + 16, 0);
  auto* context = EVP_CIPHER_CTX_new();
  int first = 0, rest = 0;
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nullptr, secret.key.data(), secret.iv.data());
  EVP_EncryptUpdate(context, bytes, &first, reinterpret_cast<const unsigned char*>(plain.data()),
                    static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(context, bytes + first, &rest);
  EVP_CIPHER_CTX_free(context);
  out.resize(static_cast<std::size_t>(first + rest));
  return out;
}

struct Decrypted {
  std::string bytes;
  std::vector<std::size_t> sizes;
};

Decrypted decrypt(const std::string& encrypted, std::size_t step) {
  core::ChunkPool pool(std::numeric_limits<std::size_t>::max());
  SegmentCipher cipher(secret, pool);
  Decrypted out;
  for (std::size_t at = 0; at < encrypted.size(); at += step) {
    auto piece = encrypted.substr(at, step);
    auto* bytes = reinterpret_cast<const std::uint8_t*>(piece.data());
    for (const auto& chunk : cipher.decrypt({bytes, piece.size()}, at + step >= encrypted.size())) {
      out.bytes.append(reinterpret_cast<const char*>(chunk.data.data()), chunk.size);
      out.sizes.push_back(chunk.size);
    }
  }
  return out;
}

} // namespace

// Rule: what comes out is what went in, whatever its size and however it is cut.
GST_START_TEST(every_size_comes_out) {
  constexpr auto full = SegmentCipher::plain_size;
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, full - 1,
        full, full + 1, 3 * full - 16, 3 * full, 3 * full + 5, std::size_t{500'000}}) {
    auto plain = plain_text(size);
    auto encrypted = encrypt(plain);
    for (auto step : {core::chunk_size, std::size_t{16}, std::size_t{7}, std::size_t{100'000}})
      fail_unless(decrypt(encrypted, step).bytes == plain, "%zu bytes in steps of %zu", size, step);
  }
}
GST_END_TEST;

// Rule: all but the last are whole TS packets.
GST_START_TEST(packets_stay_whole) {
  auto sizes = decrypt(encrypt(plain_text(188 * 5'000)), core::chunk_size).sizes;
  fail_unless(sizes.size() > 10);
  for (auto size : sizes)
    fail_unless_equals_uint64(size % 188, 0);
}
GST_END_TEST;

// Rule: where the padding is none, as with a wrong key, nothing is taken for it; what is no whole
// block at the end is left out.
GST_START_TEST(broken_ends) {
  auto encrypted = encrypt(plain_text(1'000));
  encrypted.resize(encrypted.size() - 16);
  fail_unless_equals_uint64(decrypt(encrypted, core::chunk_size).bytes.size(), 992);
  encrypted.resize(encrypted.size() - 5);
  fail_unless_equals_uint64(decrypt(encrypted, core::chunk_size).bytes.size(), 976);
  fail_unless(decrypt(encrypted.substr(0, 15), core::chunk_size).bytes.empty());
}
GST_END_TEST;

static Suite* segment_cipher_suite() {
  auto* suite = suite_create("segment_cipher");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, every_size_comes_out);
  tcase_add_test(tcase, packets_stay_whole);
  tcase_add_test(tcase, broken_ends);
  return suite;
}

GST_CHECK_MAIN(segment_cipher)
