// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stream_uri.h"

#include <glib.h>

#include <array>
#include <utility>

namespace p2plive::gst {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> replacements{{
    {"p2plive+https:", "https:"},
    {"p2plive+http:", "http:"},
    {"p2plive:", "https:"},
}};

bool begins_with(const std::string& text, const std::string& start) {
  return g_ascii_strncasecmp(text.c_str(), start.c_str(), start.size()) == 0;
}

std::string index_of(const std::string& fragment) {
  std::string index;
  auto* parameters = g_uri_parse_params(fragment.c_str(), static_cast<gssize>(fragment.size()), "&",
                                        G_URI_PARAMS_NONE, nullptr);
  if (!parameters)
    return index;
  if (auto* value = static_cast<const char*>(g_hash_table_lookup(parameters, "index")))
    index = value;
  g_hash_table_unref(parameters);
  return index;
}

} // namespace

const char* const stream_uri_schemes[] = {"p2plive+https", "p2plive+http", "p2plive", nullptr};

std::optional<StreamUri> parse_stream_uri(const std::string& text) {
  if (!g_uri_is_valid(text.c_str(), G_URI_FLAGS_PARSE_RELAXED, nullptr))
    return {};
  StreamUri result;
  const auto hash = text.find('#');
  result.playlist = text.substr(0, hash);
  if (hash != std::string::npos)
    result.index = index_of(text.substr(hash + 1));
  for (const auto& [ours, plain] : replacements)
    if (begins_with(result.playlist, ours)) {
      result.playlist.replace(0, std::string(ours).size(), plain);
      break;
    }
  return result;
}

std::string to_handler_uri(const std::string& text) {
  return begins_with(text, "http:") || begins_with(text, "https:") ? "p2plive+" + text : text;
}

} // namespace p2plive::gst
