// Lists of codecs as CODECS has them (RFC 6381), like "avc1.4d401f,mp4a.40.2".
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>
#include <vector>

namespace p2plive::media {

/// Parts of `list`, without the blanks around them; empty ones are left out.
std::vector<std::string_view> split_codecs(std::string_view list);

/// Of sound, as far as is known here; the others are of picture or text.
bool is_sound_codec(std::string_view codec);

} // namespace p2plive::media
