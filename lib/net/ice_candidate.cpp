// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_candidate.h"

#include <gio/gio.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace p2plive::net {

namespace {

constexpr std::size_t longest = 512;
constexpr std::size_t needed_fields = 8;

/// The fields that matter, in their order; empty where one is missing.
std::array<std::string_view, needed_fields> split(std::string_view text) {
  std::array<std::string_view, needed_fields> fields;
  for (auto& field : fields) {
    auto end = std::min(text.find(' '), text.size());
    field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return {};
  return value;
}

std::optional<IceCandidate::Type> type_of(std::string_view text) {
  if (text == "host")
    return IceCandidate::Type::host;
  if (text == "srflx")
    return IceCandidate::Type::server_reflexive;
  if (text == "prflx")
    return IceCandidate::Type::peer_reflexive;
  if (text == "relay")
    return IceCandidate::Type::relayed;
  return {};
}

/// A numeric address that one host can have.
bool accept_address(std::string_view text, IceCandidate& candidate) {
  constexpr std::size_t longest_address = 45; // of IPv6, with an IPv4 tail
  if (text.empty() || text.size() > longest_address || text.find('%') != text.npos)
    return false;
  candidate.address = text;
  auto* address = g_inet_address_new_from_string(candidate.address.c_str());
  if (!address)
    return false;
  auto usable = !g_inet_address_get_is_any(address) && !g_inet_address_get_is_multicast(address) &&
                candidate.address != "255.255.255.255";
  candidate.loopback = g_inet_address_get_is_loopback(address);
  g_object_unref(address);
  return usable;
}

} // namespace

bool is_ice_chars(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && std::ranges::all_of(text, [](char c) {
           return g_ascii_isalnum(c) || c == '+' || c == '/';
         });
}

std::optional<IceCandidate> parse_candidate(std::string_view text) {
  if (text.size() > longest)
    return {};
  if (text.starts_with("a="))
    text.remove_prefix(2);
  constexpr std::string_view prefix = "candidate:";
  if (!text.starts_with(prefix))
    return {};
  text.remove_prefix(prefix.size());
  auto [foundation, component, transport, priority, address, port, typ, type] = split(text);

  IceCandidate candidate;
  auto udp = transport.size() == 3 && g_ascii_strncasecmp(transport.data(), "udp", 3) == 0;
  if (!is_ice_chars(foundation, 1, 32) || component != "1" || !udp || typ != "typ")
    return {};
  auto parsed_priority = number<std::uint32_t>(priority);
  auto parsed_port = number<std::uint16_t>(port);
  auto parsed_type = type_of(type);
  if (!parsed_priority || !parsed_port.value_or(0) || !parsed_type ||
      !accept_address(address, candidate))
    return {};
  candidate.foundation = foundation;
  candidate.priority = *parsed_priority;
  candidate.port = *parsed_port;
  candidate.type = *parsed_type;
  return candidate;
}

} // namespace p2plive::net
