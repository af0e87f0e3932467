// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/services.h"

#include <algorithm>

namespace p2plive::service {
namespace {

constexpr Role all_roles[] = {Role::index, Role::cps, Role::tracker};

// A crowd that is told to wait comes back over a quarter of a minute, not all at once.
constexpr std::uint32_t shortest_wait_s = 5, longest_wait_s = 20;

} // namespace

std::string_view name(Role role) {
  switch (role) {
  case Role::index:
    return "index";
  case Role::cps:
    return "cps";
  default:
    return "tracker";
  }
}

std::optional<Role> role_of(std::string_view text) {
  for (auto role : all_roles)
    if (name(role) == text)
      return role;
  return {};
}

std::string_view path(Role role) {
  switch (role) {
  case Role::index:
    return "/v1/index";
  case Role::cps:
    return "/v1/cps";
  default:
    return "/v1/announce";
  }
}

Services::Services(ServicesOptions options, Md5 md5, std::uint64_t seed)
    : roles_(std::move(options.roles)), gauge_(options.requests_per_second), index_(options.index),
      cps_(std::move(options.cps), std::move(md5)),
      tracker_(options.tracker, std::make_unique<MemoryStore>(options.limits, seed), ~seed),
      random_(seed + 1) {}

std::optional<Role> Services::role_at(std::string_view wanted) const {
  auto found =
      std::find_if(roles_.begin(), roles_.end(), [&](Role role) { return path(role) == wanted; });
  return found == roles_.end() ? std::nullopt : std::optional(*found);
}

bool Services::serves(std::string_view wanted) const {
  return role_at(wanted).has_value();
}

Answer Services::post(std::string_view wanted, std::span<const std::uint8_t> body,
                      NetworkPrefix from, Time now) {
  auto role = role_at(wanted);
  if (!role) {
    ++refused_;
    return refuse(404, "there is no such service here");
  }
  if (!gauge_.admit(now)) {
    ++refused_;
    ++shed_;
    auto wait = shortest_wait_s + random_.below(longest_wait_s - shortest_wait_s + 1);
    return refuse(429, "too many requests for now", std::chrono::seconds(wait));
  }
  auto answer = dispatch(*role, body, from, now);
  ++(answer.status < 400 ? requests_ : refused_);
  return answer;
}

Answer Services::dispatch(Role role, std::span<const std::uint8_t> body, NetworkPrefix from,
                          Time now) {
  switch (role) {
  case Role::index:
    return index_.answer(body);
  case Role::cps:
    return cps_.answer(body);
  default:
    return tracker_.answer(body, from, now, gauge_.load());
  }
}

void Services::tick(Time now) {
  tracker_.expire(now);
}

Health Services::health() const {
  return {roles_, tracker_.store().viewers(), tracker_.store().swarms(), requests_, refused_,
          shed_};
}

} // namespace p2plive::service
