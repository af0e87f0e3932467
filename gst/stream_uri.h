// The addresses that the element understands, and what they mean:
//
//   p2plive+https://host/live.m3u8    the playlist https://host/live.m3u8
//   p2plive+http://host/live.m3u8     the playlist http://host/live.m3u8
//   p2plive://host/live.m3u8          short for p2plive+https
//   https://..., http://...           the playlist itself (the property only)
//
// A fragment `#index=ADDRESS` (percent-encoded) names the Index service, for players that know
// nothing but an address. A fragment never goes to the server (RFC 3986, section 3.5).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>

namespace p2plive::gst {

struct StreamUri {
  std::string playlist;
  std::string index; ///< empty: not named
};

/// NULL-terminated, for GstURIHandler.
extern const char* const stream_uri_schemes[];

/// None where the text is no URI at all. Other schemes than those above are passed through, for
/// the viewer to refuse with its reason.
std::optional<StreamUri> parse_stream_uri(const std::string& text);

/// The same address with one of the schemes above, as a URI handler has to answer.
std::string to_handler_uri(const std::string& text);

} // namespace p2plive::gst
