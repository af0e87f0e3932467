// Undoes gzip (RFC 1952) of a body that comes in pieces.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gio/gio.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "net/gobject_ptr.h"

namespace p2plive::net {

/// libsoup's own decoder takes a body that was cut off for a whole one; a playlist must not end in
/// the middle unnoticed, hence this.
class GzipBody {
public:
  using Sink = std::function<bool(std::span<const std::uint8_t>)>;

  /// Calls `sink` with what has become of `bytes`, 64 KiB at most at a time, until it returns
  /// false. False: it did, or the bytes are no gzip (broken()).
  bool feed(std::span<const std::uint8_t> bytes, const Sink& sink);

  bool broken() const { return broken_; }
  /// Everything that was begun has ended; false after the last byte: it was cut off.
  bool whole() const { return whole_; }

private:
  GObjectPtr<GZlibDecompressor> decompressor_{
      g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP)};
  std::vector<std::uint8_t> output_ = std::vector<std::uint8_t>(64 * 1024);
  bool broken_ = false;
  bool whole_ = true;
};

} // namespace p2plive::net
