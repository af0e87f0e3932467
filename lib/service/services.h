// The roles of one p2plive-server behind one door: paths and bodies in, answers out.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/clock.h"
#include "service/cps.h"
#include "service/index.h"
#include "service/load_gauge.h"
#include "service/memory_store.h"
#include "service/tracker.h"
#include "service/wire.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::service {

enum class Role { index, cps, tracker };

std::string_view name(Role role);
std::optional<Role> role_of(std::string_view name);
/// Path of the role's endpoint: "/v1/index", "/v1/cps" or "/v1/announce".
std::string_view path(Role role);

struct ServicesOptions {
  std::vector<Role> roles{Role::index, Role::cps, Role::tracker};
  IndexOptions index;
  CpsOptions cps;
  TrackerOptions tracker;
  MemoryStore::Limits limits;
  double requests_per_second = 0; ///< beyond it: 429; 0: no limit
};

struct Health {
  std::vector<Role> roles;
  std::size_t viewers = 0, swarms = 0;
  std::uint64_t requests = 0; ///< served
  std::uint64_t refused = 0;  ///< answered with 4xx
  std::uint64_t shed = 0;     ///< of them for load, with 429
};

/// Without I/O; one thread, and the time of every call with it.
class Services {
public:
  Services(ServicesOptions options, Md5 md5, std::uint64_t seed);

  /// Whether there is an endpoint for POST at this path.
  bool serves(std::string_view path) const;

  /// `from` is the network that the request came from.
  Answer post(std::string_view path, std::span<const std::uint8_t> body, NetworkPrefix from,
              Time now);

  /// To be called about once a second.
  void tick(Time now);

  Health health() const;

private:
  Answer dispatch(Role role, std::span<const std::uint8_t> body, NetworkPrefix from, Time now);
  std::optional<Role> role_at(std::string_view path) const;

  std::vector<Role> roles_;
  LoadGauge gauge_;
  Index index_;
  Cps cps_;
  Tracker tracker_;
  Random random_;
  std::uint64_t requests_ = 0, refused_ = 0, shed_ = 0;
};

} // namespace p2plive::service
