// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/server_options.h"

#include <algorithm>
#include <charconv>

namespace p2plive::server {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    auto comma = text.find(',');
    auto part = text.substr(0, comma);
    auto begin = part.find_first_not_of(' ');
    part = begin == part.npos ? "" : part.substr(begin, part.find_last_not_of(' ') + 1 - begin);
    if (!part.empty())
      parts.push_back(part);
    if (comma == text.npos)
      return parts;
    text.remove_prefix(comma + 1);
  }
}

bool has_role(const ServerOptions& options, service::Role role) {
  const auto& roles = options.services.roles;
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool is_any_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

} // namespace

ServerOptions::ServerOptions() {
  services.requests_per_second = 5000;
}

OrError<service::ServiceAddress> parse_address(std::string_view text) {
  auto wrong = [&] {
    return tl::unexpected("\"" + std::string(text) +
                          "\" is not an address: write HOST:PORT, or [IPV6]:PORT");
  };
  service::ServiceAddress address;
  auto rest = text;
  if (rest.starts_with("tls://")) {
    address.tls = true;
    rest.remove_prefix(6);
  }
  auto colon = rest.rfind(':');
  if (colon == rest.npos)
    return wrong();
  auto host = rest.substr(0, colon), port = rest.substr(colon + 1);
  bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets)
    host = host.substr(1, host.size() - 2);
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (host.empty() || error != std::errc() || end != port.data() + port.size() ||
      brackets != (host.find(':') != host.npos) || host.find_first_of("/@[] ") != host.npos)
    return wrong();
  address.host = host;
  return address;
}

std::string to_string(const service::ServiceAddress& address) {
  bool v6 = address.host.find(':') != address.host.npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

OrError<std::vector<service::Role>> parse_roles(std::string_view text) {
  std::vector<service::Role> roles;
  for (auto part : split(text)) {
    auto role = service::role_of(part);
    if (!role)
      return tl::unexpected("there is no role \"" + std::string(part) +
                            "\": the roles are index, cps and tracker");
    if (std::find(roles.begin(), roles.end(), *role) == roles.end())
      roles.push_back(*role);
  }
  if (roles.empty())
    return tl::unexpected<std::string>("a server without a role has nothing to do");
  std::sort(roles.begin(), roles.end());
  return roles;
}

OrError<std::vector<service::ServiceAddress>> parse_addresses(std::string_view text) {
  std::vector<service::ServiceAddress> addresses;
  for (auto part : split(text)) {
    auto address = parse_address(part);
    if (!address)
      return tl::unexpected(address.error());
    if (address->port == 0)
      return tl::unexpected("\"" + std::string(part) + "\" has no port that could be reached");
    addresses.push_back(std::move(*address));
  }
  return addresses;
}

OrError<void> validate(const ServerOptions& options) {
  const auto& tracker = options.services.tracker;
  if (is_any_address(options.listen.host) && options.public_uri.empty() &&
      has_role(options, service::Role::index))
    return tl::unexpected("listening on " + options.listen.host +
                          " says nothing to viewers: give the public URI as well");
  const auto& uri = options.public_uri;
  if (!uri.empty() && !uri.starts_with("http://") && !uri.starts_with("https://"))
    return tl::unexpected<std::string>("the public URI begins with http:// or https://");
  if (options.listen.tls)
    return tl::unexpected<std::string>(
        "this server speaks plain HTTP: put a proxy in front of it for TLS (docs/services.md)");
  if (tracker.expiry < 2 * tracker.interval)
    return tl::unexpected<std::string>(
        "viewers would expire before they announce again: expiry is at least twice the interval");
  return {};
}

void complete_index(ServerOptions& options, std::uint16_t port) {
  auto base = options.public_uri;
  if (base.empty())
    base = "http://" + to_string({options.listen.host, port});
  while (base.ends_with('/'))
    base.pop_back();
  auto complete = [&](std::vector<std::string>& uris, service::Role role) {
    if (uris.empty() && has_role(options, role))
      uris.push_back(base + std::string(service::path(role)));
  };
  complete(options.services.index.cps_uris, service::Role::cps);
  complete(options.services.index.tracker_uris, service::Role::tracker);
}

} // namespace p2plive::server
