// Index: tells viewers where the other services are.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/wire.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace p2plive::service {

/// Where a broker or a STUN server listens.
struct ServiceAddress {
  std::string host; ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;
  bool tls = false;
};

struct IndexOptions {
  std::vector<std::string> cps_uris; ///< absolute, of the endpoint itself; tried in this order
  std::vector<std::string> tracker_uris;
  std::vector<ServiceAddress> mqtt;
  std::vector<ServiceAddress> stun;
  std::chrono::seconds max_age{300}; ///< viewers ask again after it
};

class Index {
public:
  explicit Index(const IndexOptions& options);

  /// A wire::IndexRequest to a wire::IndexReply.
  Answer answer(std::span<const std::uint8_t> body) const;

private:
  Answer reply_; // the same for everybody
};

} // namespace p2plive::service
