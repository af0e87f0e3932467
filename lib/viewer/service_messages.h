// What a viewer says to Index, CPS and Tracker, and what they answer, as FlatBuffers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "core/ids.h"
#include "viewer/wire.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::viewer {

/// Where a broker or a STUN server listens.
struct ServiceAddress {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  bool operator==(const ServiceAddress&) const = default;
};

/// What the index knows; each list in the order in which it is to be tried.
struct Services {
  std::vector<std::string> cps;      ///< absolute http(s) URIs
  std::vector<std::string> trackers; ///< absolute http(s) URIs
  std::vector<ServiceAddress> brokers;
  std::vector<ServiceAddress> stun;
  std::chrono::seconds max_age{};
};

/// Replies are at most this long.
inline constexpr std::size_t longest_reply = 64 << 10;

Bytes index_request(const std::string& agent);
/// User and password in the URI are left out.
Bytes cps_request(const std::string& media_uri);
Bytes announce_request(const core::Rid& rid, const core::PeerId& self,
                       const core::Announce& announce);

// None: not a message of this kind, another major version, or without what makes it useful. What is
// absurd in it is cut to what is sensible.
std::optional<Services> read_index_reply(std::span<const std::uint8_t> reply);
std::optional<core::Rid> read_cps_reply(std::span<const std::uint8_t> reply);
std::optional<core::TrackerAnswer> read_announce_reply(std::span<const std::uint8_t> reply);
/// When a service that refused wants to be asked again.
std::optional<std::chrono::seconds> read_refusal(std::span<const std::uint8_t> reply);

} // namespace p2plive::viewer
