// A small internet of network namespaces: a public segment with the services, and sites behind
// routers of several kinds. Addresses are those reserved for documentation (RFC 5737, RFC 3849) and
// private ones.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "network_namespace.h"

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::test {

/// How a site reaches the rest. The words for NATs are those of RFC 4787: which packets get a
/// mapping anew, and which ones come in.
enum class Access {
  open,        ///< a public address, no NAT, no firewall
  full_cone,   ///< mapping and filtering independent of the other end
  restricted,  ///< mapping independent, filtering by address and port
  symmetric,   ///< mapping and filtering by address and port; each mapping has a random port
  dual_stack,  ///< IPv4 as symmetric; global IPv6 behind a stateful firewall (RFC 6092)
  udp_blocked, ///< as restricted, and the firewall drops UDP
};

std::string_view name_of(Access access);

/// Some hosts on one LAN and their router. Everywhere the LAN is 192.168.1.0/24, as at home.
class Site {
public:
  /// Host `index` has 192.168.1.(10 + index), or a public address where the access is open.
  const NetworkNamespace& host(std::size_t index = 0) const { return hosts_.at(index); }

  /// From now on its router, or the only host of an open site, drops UDP.
  void block_udp();
  /// The router loses this share of the UDP datagrams that it forwards, each way.
  void lose_udp(unsigned per_mille);
  /// Each host sends no more than this.
  void limit_rate(unsigned megabits_per_second);

private:
  friend class Internet;
  /// Puts it first where the site's datagrams pass.
  void add_rule(const std::string& rule);

  std::optional<NetworkNamespace> router_; ///< none: open
  std::vector<NetworkNamespace> hosts_;
};

class Internet {
public:
  static constexpr const char* services_address = "198.51.100.1";
  static constexpr std::uint16_t mqtt_port = 1883, stun_port = 3478;

  /// With mosquitto and coturn. Throws std::runtime_error, as everything here.
  Internet();

  Site add_site(Access access, std::size_t hosts = 1);
  const NetworkNamespace& public_segment() const { return segment_; }
  const processes::TemporaryDirectory& directory() const { return directory_; }

private:
  void attach(const NetworkNamespace& machine, const std::string& interface);
  NetworkNamespace open_host();
  NetworkNamespace router(Access access);
  NetworkNamespace private_host(const NetworkNamespace& router, Access access, std::size_t index);

  processes::TemporaryDirectory directory_{"p2plive-nat-test"};
  NetworkNamespace segment_;
  unsigned machine_ = 1; ///< number of the last one on the public segment
  processes::Service mosquitto_, coturn_;
};

} // namespace p2plive::test
