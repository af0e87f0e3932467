// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/address_watch.h"

#include <nice/interfaces.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace p2plive::net {

namespace {

/// A peer that has fallen silent is given up after four.
constexpr auto look_every = std::chrono::seconds(1);

std::vector<std::string> system_addresses() {
  std::vector<std::string> addresses;
  auto* list = nice_interfaces_get_local_ips(FALSE);
  for (auto* at = list; at; at = at->next)
    addresses.emplace_back(static_cast<const char*>(at->data));
  g_list_free_full(list, g_free);
  std::ranges::sort(addresses);
  return addresses;
}

} // namespace

AddressWatch::AddressWatch(GMainContext* context, std::function<void()> changed, List list)
    : changed_(std::move(changed)), list_(list ? std::move(list) : system_addresses),
      seen_(list_()), timer_(context, [this] { look(); }) {
  timer_.arm_in(look_every);
}

void AddressWatch::look() {
  timer_.arm_in(look_every);
  auto addresses = list_();
  if (addresses.empty() || addresses == seen_)
    return;
  seen_ = std::move(addresses);
  changed_();
}

} // namespace p2plive::net
