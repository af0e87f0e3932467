// What went wrong, put into words for the person who watches.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "media/playlist.h"
#include "net/http_client.h"
#include "viewer/viewer.h"

#include <cstdint>
#include <string>

namespace p2plive::viewer {

/// Of the playlist at `uri`.
Error playlist_failure(const std::string& uri, const net::HttpError& error);
Error playlist_failure(const std::string& uri, unsigned status);
Error playlist_failure(const std::string& uri, const media::PlaylistError& error);

/// Of the key of encrypted segments at `uri`.
Error key_failure(const std::string& uri, const net::HttpError& error);
Error key_failure(const std::string& uri, unsigned status);
Error bad_key(const std::string& uri, std::size_t size); ///< bytes that came instead

/// Of the stream's segments, when the core has given up.
Error stream_failure(const core::FetchError& error);

/// The init section at `uri` is not to be had, and the segments [from, until) are left out.
Warning missing_init(const std::string& uri, std::uint64_t from, std::uint64_t until);

/// How a segment's transfer failed, in the core's terms.
core::FetchError to_fetch_error(const net::HttpError& error);
core::FetchError to_fetch_error(const net::HttpHead& head); ///< a status that is no success

} // namespace p2plive::viewer
