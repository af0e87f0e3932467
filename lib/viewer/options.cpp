// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/options.h"

#include "media/codecs.h"
#include "viewer/http_options.h"
#include "viewer/public_uri.h"

#include <gio/gio.h>

#include <algorithm>
#include <random>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_uri = 8192;
constexpr std::size_t longest_codecs = 512;
/// A link that gets narrow leaves so much until another quality has to be there.
constexpr auto adaptive_reserve = 2s;
/// Less brings nothing, for as much is handed out together in any case; more brings little.
constexpr core::Duration least_together = 100ms;
constexpr core::Duration most_together = 500ms;

core::Duration reserve(const ViewerOptions& options) {
  return options.quality.adaptive ? adaptive_reserve : core::Settings{}.reserve;
}

/// None: as usual, for where other viewers may be, what they are asked for follows from what has
/// gone out. It is little beside the lead, which it is added to.
std::optional<core::Duration> together(const ViewerOptions& options) {
  auto together = std::min<core::Duration>(options.lead / 6, most_together);
  if (!options.index_uri.empty() || together < least_together)
    return {};
  return together;
}

Error wrong(std::string message, std::string detail = {}) {
  return {Error::Kind::settings, std::move(message), std::move(detail)};
}

/// The reason why `uri` cannot be fetched; empty when it can.
std::string flaw(const std::string& uri) {
  if (uri.size() > longest_uri)
    return "longer than 8192 bytes";
  GError* error = nullptr;
  auto* parsed = g_uri_parse(uri.c_str(), G_URI_FLAGS_NONE, &error);
  if (!parsed) {
    std::string reason = error->message;
    g_error_free(error);
    return reason;
  }
  std::string scheme = g_uri_get_scheme(parsed);
  auto* host = g_uri_get_host(parsed);
  bool hosted = host && *host;
  g_uri_unref(parsed);
  if (scheme != "http" && scheme != "https")
    return "the scheme is neither http nor https";
  return hosted ? "" : "it names no host";
}

std::optional<Error> check_uris(const ViewerOptions& options) {
  if (options.uri.empty())
    return wrong("No stream is given: set the URI of an HLS playlist.");
  if (auto reason = flaw(options.uri); !reason.empty())
    return wrong("The stream's URI must be http:// or https:// and name a host: " +
                     public_uri(options.uri),
                 reason);
  if (options.index_uri.empty())
    return {};
  if (auto reason = flaw(options.index_uri); !reason.empty())
    return wrong("The index service's URI must be http:// or https:// and name a host: " +
                     public_uri(options.index_uri),
                 reason);
  return {};
}

/// RFC 6381, section 3.2, without what needs quotes there.
std::optional<Error> check_codecs(const std::string& codecs) {
  auto allowed = [](char c) {
    return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ',' || c == ' ';
  };
  if (codecs.size() <= longest_codecs && std::all_of(codecs.begin(), codecs.end(), allowed))
    return {};
  return wrong("The codecs must be a list like avc1,mp4a.40: " + codecs.substr(0, longest_codecs));
}

} // namespace

std::optional<Error> check(const ViewerOptions& options) {
  if (auto error = check_uris(options))
    return error;
  if (options.live_delay < 0s || options.live_delay > 1h)
    return wrong("The live delay must lie between 0 and one hour.");
  if (options.start_offset && (*options.start_offset < -24h || *options.start_offset > 24h))
    return wrong("Playback must begin within a day from either end of the playlist.");
  if (options.lead < 0s || options.lead > 10min)
    return wrong("The lead must lie between 0 and ten minutes.");
  if (options.cdn_threshold && (*options.cdn_threshold < 0s || *options.cdn_threshold > 1h))
    return wrong("The CDN threshold must lie between 0 and one hour.");
  if (options.seed_share && !(*options.seed_share >= 0 && *options.seed_share <= 1))
    return wrong("The seed share must lie between 0 and 1.");
  if (options.max_peers > ViewerOptions::most_peers)
    return wrong("At most 500 peers are possible.");
  if (!options.local_address.empty() && !g_hostname_is_ip_address(options.local_address.c_str()))
    return wrong("The local address must be a numeric IP address: " + options.local_address);
  if (options.user_agent.find_first_of("\r\n") != std::string::npos)
    return wrong("The user agent must be one line.");
  if (auto error = check_codecs(options.quality.codecs))
    return error;
  return check(options.http);
}

media::VariantWish to_wish(const QualityOptions& options) {
  media::VariantWish wish;
  if (options.max_bitrate > 0)
    wish.max_bandwidth = options.max_bitrate;
  if (options.max_width > 0)
    wish.max_width = options.max_width;
  if (options.max_height > 0)
    wish.max_height = options.max_height;
  for (auto codec : media::split_codecs(options.codecs))
    wish.codecs.emplace_back(codec);
  wish.adaptive = options.adaptive;
  wish.start_bandwidth = options.start_bitrate;
  return wish;
}

std::optional<std::uint64_t> to_upload_limit(std::optional<std::uint64_t> bits_per_second) {
  if (!bits_per_second)
    return {};
  return (*bits_per_second + 7) / 8; // a limit of a few bits is not "never"
}

Portions to_portions(const ViewerOptions& options) {
  auto media = together(options);
  return media ? Portions{*media, reserve(options) + *media} : Portions{};
}

core::Settings to_settings(const ViewerOptions& options) {
  core::Settings settings;
  std::random_device random;
  for (auto& byte : settings.self.bytes)
    byte = static_cast<std::uint8_t>(random());
  settings.seed = (std::uint64_t{random()} << 32) | random();
  settings.live_delay = options.live_delay;
  settings.start_offset = options.start_offset;
  settings.lead = options.lead;
  settings.reserve = reserve(options);
  settings.together = together(options);
  settings.pace = options.pace == Pace::none ? core::Pace::none : core::Pace::stream;
  settings.late = options.late == Late::keep ? core::Late::keep : core::Late::skip;
  settings.cdn_threshold = options.cdn_threshold;
  settings.seed_share = options.seed_share;
  settings.max_peers = options.max_peers;
  settings.upload_limit = to_upload_limit(options.upload_limit);
  settings.traces = options.trace;
  return settings;
}

} // namespace p2plive::viewer
