// What p2plive-server is told: command line over key file over defaults.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/services.h"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::server {

/// Every error is a sentence for the operator.
template <typename Value>
using OrError = tl::expected<Value, std::string>;

struct ServerOptions {
  service::ServiceAddress listen{"127.0.0.1", 8100}; ///< an address; port 0: any free one
  std::string public_uri; ///< how viewers reach this server; empty: http://LISTEN
  unsigned max_connections = 10'000;
  std::chrono::seconds idle_timeout{10}; ///< a connection without a byte for so long is closed
  std::string address_header; ///< where a proxy in front writes the viewer's address; empty: none
  service::ServicesOptions services;

  ServerOptions();
};

/// "HOST:PORT", "[IPV6]:PORT", and with "tls://" before it for TLS.
OrError<service::ServiceAddress> parse_address(std::string_view text);
std::string to_string(const service::ServiceAddress& address);

/// Comma-separated names, each at most once.
OrError<std::vector<service::Role>> parse_roles(std::string_view text);
OrError<std::vector<service::ServiceAddress>> parse_addresses(std::string_view text);

/// Takes over what the key file says. Unknown groups and keys are errors: they are misspellings.
OrError<ServerOptions> read_key_file(const std::filesystem::path& file, ServerOptions options);

/// Whether the options agree with each other; nothing: they do.
OrError<void> validate(const ServerOptions& options);

/// Completes the index with this process's own endpoints, where the key file names no others.
/// `port` is the one that it listens on.
void complete_index(ServerOptions& options, std::uint16_t port);

} // namespace p2plive::server
