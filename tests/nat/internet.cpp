// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internet.h"

#include <stdexcept>
#include <utility>

namespace p2plive::test {

namespace {

/// A router lets out what comes from its LAN, and in what belongs to that. What comes for itself
/// is dropped without a trace: else a datagram that arrives before the one going out takes the
/// place of its mapping, and the mapping gets another port.
constexpr const char* firewall = R"(
table inet filter {
  chain input {
    type filter hook input priority filter;
    iifname wan meta l4proto != ipv6-icmp ct state != { established, related } drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname lan accept
    ct state { established, related } accept
    ct status dnat accept
  }
}
)";

/// netfilter keeps the port where it is free, whatever the destination: the mapping is endpoint
/// independent as long as no two hosts use one port. It lets in by address and port.
constexpr const char* port_preserving = R"(
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname wan masquerade
  }
}
)";

constexpr const char* random_ports = R"(
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname wan meta l4proto udp masquerade fully-random
    oifname wan masquerade
  }
}
)";

/// Beside the mapping that keeps the port, a port that sent something out is open to everybody.
constexpr const char* ports_open_to_all = R"(
table ip nat {
  map sent_from { type inet_service : ipv4_addr; flags dynamic, timeout; timeout 2m; }
  chain learn {
    type filter hook forward priority filter - 1;
    iifname lan oifname wan meta l4proto udp update @sent_from { udp sport : ip saddr }
  }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname wan meta l4proto udp dnat to udp dport map @sent_from
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname wan masquerade
  }
}
)";

std::string rules_of(Access access) {
  switch (access) {
  case Access::open:
    break;
  case Access::full_cone:
    return std::string(firewall) + ports_open_to_all;
  case Access::restricted:
    return std::string(firewall) + port_preserving;
  case Access::symmetric:
  case Access::dual_stack:
    return std::string(firewall) + random_ports;
  case Access::udp_blocked:
    return std::string(firewall) + port_preserving +
           "insert rule inet filter forward meta l4proto udp drop\n";
  }
  return {};
}

void load(const NetworkNamespace& where, const std::string& rules) {
  where.run("nft -f - <<'END'\n" + rules + "\nEND");
}

std::string public_address(unsigned machine) {
  return "198.51.100." + std::to_string(machine);
}

std::string global_address(unsigned machine) {
  return "2001:db8::" + std::to_string(machine);
}

} // namespace

std::string_view name_of(Access access) {
  switch (access) {
  case Access::open:
    return "open";
  case Access::full_cone:
    return "full cone";
  case Access::restricted:
    return "port-restricted";
  case Access::symmetric:
    return "symmetric";
  case Access::dual_stack:
    return "dual stack";
  case Access::udp_blocked:
    return "UDP blocked";
  }
  return {};
}

void Site::add_rule(const std::string& rule) {
  if (router_)
    return load(*router_, "insert rule inet filter forward " + rule);
  for (auto& host : hosts_)
    load(host, "add table inet filter\n"
               "add chain inet filter input { type filter hook input priority filter; }\n"
               "add chain inet filter output { type filter hook output priority filter; }\n"
               "insert rule inet filter input " +
                   rule + "\ninsert rule inet filter output " + rule);
}

void Site::block_udp() {
  add_rule("meta l4proto udp drop");
}

void Site::lose_udp(unsigned per_mille) {
  add_rule("meta l4proto udp numgen random mod 1000 < " + std::to_string(per_mille) + " drop");
}

void Site::limit_rate(unsigned megabits_per_second) {
  for (auto& host : hosts_)
    host.run("tc qdisc replace dev eth0 root tbf rate " + std::to_string(megabits_per_second) +
             "mbit burst 16kb latency 50ms");
}

Internet::Internet() {
  segment_.run("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n"
               "ip link add net type bridge\n"
               "ip address add 198.51.100.1/24 dev net\n"
               "ip address add 2001:db8::1/64 dev net nodad\n"
               "ip link set net up");
  NetworkNamespace::Inside inside(segment_);
  processes::ServiceOptions options;
  options.directory = directory_.path();
  options.address = services_address;
  options.port = mqtt_port;
  auto mosquitto = processes::start_mosquitto(options);
  options.port = stun_port;
  auto coturn = processes::start_coturn(options);
  for (auto* service : {&mosquitto, &coturn})
    if (!*service)
      throw std::runtime_error(service->error());
  mosquitto_ = std::move(*mosquitto);
  coturn_ = std::move(*coturn);
}

Site Internet::add_site(Access access, std::size_t hosts) {
  Site site;
  if (access != Access::open)
    site.router_ = router(access);
  for (std::size_t index = 0; index < hosts; ++index)
    site.hosts_.push_back(site.router_ ? private_host(*site.router_, access, index) : open_host());
  return site;
}

/// Gives it the next public address on `interface`, which is the end of a cable to the segment.
void Internet::attach(const NetworkNamespace& machine, const std::string& interface) {
  ++machine_;
  auto cable = "cable" + std::to_string(machine_);
  segment_.run("ip link add " + cable + " type veth peer name " + interface + " netns " +
               machine.path() + "\nip link set " + cable + " master net up");
  machine.run("ip address add " + public_address(machine_) + "/24 dev " + interface +
              "\nip link set " + interface + " up");
}

NetworkNamespace Internet::open_host() {
  NetworkNamespace host;
  // All public machines are on one segment here, which in the world they are not: no short cut by
  // link-local addresses.
  host.run("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
  attach(host, "eth0");
  return host;
}

NetworkNamespace Internet::router(Access access) {
  NetworkNamespace router;
  attach(router, "wan");
  router.run("echo 1 > /proc/sys/net/ipv4/ip_forward\n"
             "ip link add lan type bridge\n"
             "ip address add 192.168.1.1/24 dev lan\n"
             "ip link set lan up");
  load(router, rules_of(access));
  if (access != Access::dual_stack)
    return router;
  auto number = std::to_string(machine_);
  router.run("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n"
             "ip address add " +
             global_address(machine_) + "/64 dev wan nodad\n" + "ip address add 2001:db8:" +
             number + "::1/64 dev lan nodad\n" + "ip route add default via 2001:db8::1");
  segment_.run("ip route add 2001:db8:" + number + "::/64 via " + global_address(machine_));
  return router;
}

NetworkNamespace Internet::private_host(const NetworkNamespace& router, Access access,
                                        std::size_t index) {
  NetworkNamespace host;
  auto last = std::to_string(10 + index);
  router.run("ip link add host" + last + " type veth peer name eth0 netns " + host.path() +
             "\nip link set host" + last + " master lan up");
  host.run("ip address add 192.168.1." + last +
           "/24 dev eth0\n"
           "ip link set eth0 up\n"
           "ip route add default via 192.168.1.1");
  if (access == Access::dual_stack) {
    auto network = "2001:db8:" + std::to_string(machine_) + "::";
    host.run("ip address add " + network + last + "/64 dev eth0 nodad\n" +
             "ip route add default via " + network + "1");
  }
  return host;
}

} // namespace p2plive::test
