// Live streams of other formats than plain MPEG-TS.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "live_stream.h"

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace p2plive::test {

inline std::vector<std::string> flags(const std::string& more = {}) {
  return {"-hls_flags", "program_date_time+temp_file" + more};
}

/// AES-128 with the number of the segment as initialization vector, undone or done; empty: not with
/// this key.
inline std::string crypted(const std::string& bytes, const std::string& key, std::uint64_t sn,
                           bool encrypt) {
  unsigned char iv[16] = {};
  for (std::size_t i = 0; i < 8; ++i)
    iv[15 - i] = static_cast<unsigned char>(sn >> 8 * i);
  std::string out(bytes.size() + 16, 0);
  auto* data = reinterpret_cast<unsigned char*>(out.data());
  int first = 0, rest = 0;
  auto* context = EVP_CIPHER_CTX_new();
  EVP_CipherInit_ex(context, EVP_aes_128_cbc(), nullptr,
                    reinterpret_cast<const unsigned char*>(key.data()), iv, encrypt);
  EVP_CipherUpdate(context, data, &first, reinterpret_cast<const unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size()));
  bool good = EVP_CipherFinal_ex(context, data + first, &rest) == 1;
  EVP_CIPHER_CTX_free(context);
  out.resize(static_cast<std::size_t>(first + rest));
  return good ? out : std::string();
}

inline std::string encrypted(const std::string& bytes, const std::string& key, std::uint64_t sn) {
  return crypted(bytes, key, sn, true);
}

/// Of MPEG-TS.
inline std::string decrypted(const std::string& bytes, const std::string& key, std::uint64_t sn) {
  auto out = crypted(bytes, key, sn, false);
  return out.starts_with('\x47') ? out : std::string();
}

/// ffmpeg takes the key anew for every segment, from a file of its own: the one that is served may
/// be taken away.
inline void set_key(const LiveStream& stream, const std::string& name, const std::string& key) {
  auto own = stream.directory() / (name + ".encoder");
  for (const auto& file : {stream.directory() / name, own})
    std::ofstream(file, std::ios::binary) << key;
  auto info = stream.directory() / "key.info";
  std::ofstream(info.string() + ".new") << name << "\n" << own.string() << "\n";
  std::filesystem::rename(info.string() + ".new", info);
}

inline void encrypt(LiveStream& stream) {
  auto options = flags("+periodic_rekey");
  options.insert(options.end(), {"-hls_key_info_file", (stream.directory() / "key.info").string()});
  stream.set_muxer(options);
}

inline const std::string first_key = "0123456789abcdef";
inline const std::string second_key = "fedcba9876543210";

/// Fragmented MP4, its init section in "init.mp4".
inline void fragment(LiveStream& stream) {
  auto options = flags();
  options.insert(options.end(),
                 {"-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"});
  stream.set_muxer(options, "m4s");
}

} // namespace p2plive::test
