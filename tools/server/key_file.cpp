// Reading p2plive-server.conf.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/server_options.h"

#include <glib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace p2plive::server {
namespace {

using Strings = std::vector<std::string>;

struct FreeKeyFile {
  void operator()(GKeyFile* file) const { g_key_file_free(file); }
};

// One group of the key file. The first error stays; keys that nobody asked for are one.
class Group {
public:
  Group(GKeyFile* file, std::string name) : file_(file), name_(std::move(name)) {}

  Strings list(const char* key) {
    asked_.insert(key);
    Strings values;
    if (!has(key))
      return values;
    GError* error = nullptr;
    auto** strings = g_key_file_get_string_list(file_, name_.c_str(), key, nullptr, &error);
    for (auto** string = strings; string && *string; ++string)
      if (**string)
        values.emplace_back(g_strstrip(*string));
    g_strfreev(strings);
    take(error);
    return values;
  }

  void text(const char* key, std::string& value) {
    asked_.insert(key);
    if (!has(key))
      return;
    GError* error = nullptr;
    if (auto* string = g_key_file_get_string(file_, name_.c_str(), key, &error)) {
      value = g_strstrip(string);
      g_free(string);
    }
    take(error);
  }

  template <typename Number>
  void number(const char* key, Number& value, guint64 lowest, guint64 highest) {
    std::string digits;
    text(key, digits);
    if (digits.empty())
      return;
    guint64 parsed = 0;
    if (g_ascii_string_to_unsigned(digits.c_str(), 10, lowest, highest, &parsed, nullptr))
      value = static_cast<Number>(parsed);
    else
      fail(std::string(key) + " is a number from " + std::to_string(lowest) + " to " +
           std::to_string(highest));
  }

  void seconds(const char* key, std::chrono::seconds& value) {
    auto count = value.count();
    number(key, count, 1, 86'400);
    value = std::chrono::seconds(count);
  }

  template <typename Value, typename Parse>
  void parsed(const char* key, Value& value, Parse parse) {
    std::string joined;
    for (const auto& part : list(key))
      joined.append(joined.empty() ? "" : ",").append(part);
    if (joined.empty())
      return;
    auto result = parse(joined);
    if (result)
      value = std::move(*result);
    else
      fail(result.error());
  }

  std::vector<service::Glob> globs(const char* key, char separator) {
    std::vector<service::Glob> result;
    for (auto pattern : list(key)) {
      if (separator == '.')
        std::transform(pattern.begin(), pattern.end(), pattern.begin(), g_ascii_tolower);
      auto glob = service::Glob::compile(pattern, separator);
      if (glob)
        result.push_back(std::move(*glob));
      else
        fail("in " + std::string(key) + ": " + glob.error());
    }
    return result;
  }

  void fail(const std::string& why) {
    if (error_.empty())
      error_ = "[" + name_ + "] " + why;
  }

  // To be called after all keys have been asked for.
  const std::string& error() {
    auto** keys = g_key_file_get_keys(file_, name_.c_str(), nullptr, nullptr);
    for (auto** key = keys; key && *key; ++key)
      if (!asked_.contains(*key))
        fail("has no key \"" + std::string(*key) + "\"");
    g_strfreev(keys);
    return error_;
  }

private:
  bool has(const char* key) { return g_key_file_has_key(file_, name_.c_str(), key, nullptr); }

  void take(GError* error) {
    if (error)
      fail(error->message);
    g_clear_error(&error);
  }

  GKeyFile* file_;
  std::string name_, error_;
  std::set<std::string> asked_;
};

constexpr std::string_view rule_prefix = "stream-id ";

void read_server(Group& group, ServerOptions& options) {
  std::string listen;
  group.text("listen", listen);
  if (!listen.empty()) {
    if (auto address = parse_address(listen))
      options.listen = *address;
    else
      group.fail(address.error());
  }
  group.parsed("roles", options.services.roles, parse_roles);
  group.text("public-uri", options.public_uri);
  group.number("max-connections", options.max_connections, 1, 1'000'000);
  group.seconds("idle-timeout", options.idle_timeout);
  group.number("requests-per-second", options.services.requests_per_second, 0, 10'000'000);
  group.text("address-header", options.address_header);
}

void read_index(Group& group, ServerOptions& options) {
  auto& index = options.services.index;
  group.parsed("mqtt", index.mqtt, parse_addresses);
  group.parsed("stun", index.stun, parse_addresses);
  index.cps_uris = group.list("cps-uris");
  index.tracker_uris = group.list("tracker-uris");
  group.seconds("max-age", index.max_age);
}

void read_cps(Group& group, ServerOptions& options) {
  group.seconds("max-age", options.services.cps.max_age);
}

void read_tracker(Group& group, ServerOptions& options) {
  auto& tracker = options.services.tracker;
  group.seconds("interval", tracker.interval);
  group.seconds("expiry", tracker.expiry);
  group.number("max-peers", tracker.max_peers, 1, 200);
  group.number("max-viewers", options.services.limits.viewers, 1, 1'000'000'000);
  group.number("max-swarms", options.services.limits.swarms, 1, 1'000'000'000);
}

service::StreamIdRule read_rule(Group& group, std::string name) {
  service::StreamIdRule rule;
  rule.name = std::move(name);
  rule.hosts = group.globs("hosts", '.');
  rule.paths = group.globs("path", '/');
  rule.keep_parameters = group.list("keep-parameters");
  return rule;
}

OrError<ServerOptions> read_groups(GKeyFile* file, ServerOptions options) {
  const std::map<std::string, void (*)(Group&, ServerOptions&)> readers{
      {"server", read_server}, {"index", read_index}, {"cps", read_cps}, {"tracker", read_tracker}};
  std::vector<service::StreamIdRule> rules;
  std::string error;
  auto** names = g_key_file_get_groups(file, nullptr);
  for (auto** name = names; *name && error.empty(); ++name) {
    Group group(file, *name);
    if (auto reader = readers.find(*name); reader != readers.end())
      reader->second(group, options);
    else if (std::string_view(*name).starts_with(rule_prefix))
      rules.push_back(read_rule(group, *name + rule_prefix.size()));
    else
      group.fail("is not known as a group");
    error = group.error();
  }
  g_strfreev(names);
  if (!error.empty())
    return tl::unexpected(error);
  options.services.cps.rules = service::StreamIdRules(std::move(rules));
  return options;
}

} // namespace

OrError<ServerOptions> read_key_file(const std::filesystem::path& path, ServerOptions options) {
  std::unique_ptr<GKeyFile, FreeKeyFile> file(g_key_file_new());
  GError* error = nullptr;
  OrError<ServerOptions> result;
  if (g_key_file_load_from_file(file.get(), path.c_str(), G_KEY_FILE_NONE, &error))
    result = read_groups(file.get(), std::move(options));
  else
    result = tl::unexpected<std::string>(error->message);
  g_clear_error(&error);
  return result.map_error([&](const std::string& why) { return path.string() + ": " + why; });
}

} // namespace p2plive::server
