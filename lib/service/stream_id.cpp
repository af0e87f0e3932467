// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/stream_id.h"

#include <algorithm>
#include <optional>

namespace p2plive::service {
namespace {

bool fits_host(const StreamIdRule& rule, std::string_view host) {
  auto fits = [&](const Glob& glob) { return glob.match(host).has_value(); };
  return rule.hosts.empty() || std::any_of(rule.hosts.begin(), rule.hosts.end(), fits);
}

// The path that goes into the StreamId, where the rule fits it.
std::optional<std::string> kept_path(const StreamIdRule& rule, const std::string& path) {
  if (rule.paths.empty())
    return path;
  for (const auto& pattern : rule.paths)
    if (auto captures = pattern.match(path)) {
      if (!pattern.has_captures())
        return path;
      std::string kept;
      for (auto part : *captures)
        kept.append(part.starts_with('/') ? "" : "/").append(part);
      return kept;
    }
  return {};
}

// Sorted by name; the order of those of one name is part of their meaning.
std::string kept_query(const StreamIdRule& rule, HttpUri& uri) {
  auto& all = uri.parameters;
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string query;
  for (const auto& [name, value] : all) {
    const auto& keep = rule.keep_parameters;
    if (std::find(keep.begin(), keep.end(), name) != keep.end())
      query.append(query.empty() ? "?" : "&").append(name).append("=").append(value);
  }
  return query;
}

} // namespace

tl::expected<std::string, std::string> StreamIdRules::stream_id(std::string_view text) const {
  auto uri = parse_http_uri(text);
  if (!uri)
    return tl::unexpected(uri.error());
  for (const auto& rule : rules_) {
    if (!fits_host(rule, uri->host))
      continue;
    auto path = kept_path(rule, uri->path);
    if (!path)
      continue;
    // No host has a colon outside of brackets, so a group is never taken for a host.
    return (rule.hosts.empty() ? uri->host : "group:" + rule.name) + *path + kept_query(rule, *uri);
  }
  return uri->host + uri->path;
}

} // namespace p2plive::service
