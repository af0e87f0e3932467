// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/gzip_body.h"

namespace p2plive::net {

bool GzipBody::feed(std::span<const std::uint8_t> bytes, const Sink& sink) {
  auto* converter = G_CONVERTER(decompressor_.get());
  for (bool full = false; !bytes.empty() || full;) {
    if (whole_ && bytes.empty())
      break;
    if (whole_)
      g_converter_reset(converter); // another member follows (RFC 1952, section 2.2)
    whole_ = false;
    gsize taken = 0, written = 0;
    GError* error = nullptr;
    const auto result =
        g_converter_convert(converter, bytes.data(), bytes.size(), output_.data(), output_.size(),
                            G_CONVERTER_NO_FLAGS, &taken, &written, &error);
    if (result == G_CONVERTER_ERROR) {
      // Partial input: what is left inside needs the next piece.
      broken_ = !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
      g_error_free(error);
      return !broken_;
    }
    whole_ = result == G_CONVERTER_FINISHED;
    full = written == output_.size();
    bytes = bytes.subspan(taken);
    if (written > 0 && !sink({output_.data(), written}))
      return false;
  }
  return true;
}

} // namespace p2plive::net
