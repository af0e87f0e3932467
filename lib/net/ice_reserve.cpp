// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_reserve.h"

#include <algorithm>
#include <utility>

namespace p2plive::net {

using namespace std::chrono_literals;

namespace {

/// When no socket could be had.
constexpr auto try_again_in = 1s;

} // namespace

IceReserve::IceReserve(GMainContext* context, std::chrono::nanoseconds old_after)
    : context_(context), old_after_(old_after), timer_(context, [this] { settle(); }) {}

IceReserve::~IceReserve() = default;

void IceReserve::use(IceTransport::Options options) {
  bool same = options.stun == options_.stun && options.local_addresses == options_.local_addresses;
  options_ = std::move(options);
  if (!std::exchange(usable_, true) || !same)
    renew();
}

void IceReserve::keep(std::size_t count) {
  if (count == count_)
    return;
  if (count > count_)
    unused_ = 0;
  count_ = count;
  timer_.arm_in(0s);
}

void IceReserve::renew() {
  kept_.clear();
  timer_.arm_in(0s);
}

std::unique_ptr<IceTransport> IceReserve::take(bool controlling, std::function<void()> wake) {
  drop_old();
  unused_ = 0;
  timer_.arm_in(0s);
  if (kept_.empty())
    return nullptr;
  auto place =
      std::ranges::find(kept_, controlling, [](const auto& ice) { return ice->controlling(); });
  if (place == kept_.end())
    place = kept_.begin();
  auto taken = std::move(*place);
  kept_.erase(place);
  taken->hand_over(controlling, std::move(wake));
  return taken;
}

std::size_t IceReserve::gathered() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(kept_, [](const auto& ice) { return ice->gathered(); }));
}

std::size_t IceReserve::controlling() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(kept_, [](const auto& ice) { return ice->controlling(); }));
}

void IceReserve::drop_old() {
  while (!kept_.empty() && kept_.front()->gathering_for() >= old_after_) {
    kept_.pop_front();
    ++unused_;
  }
}

bool IceReserve::add() {
  auto options = options_;
  options.controlling = 2 * controlling() <= kept_.size();
  auto ice = std::make_unique<IceTransport>(context_, std::move(options), [] {});
  if (!ice->gather())
    return false;
  kept_.push_back(std::move(ice));
  return true;
}

/// One after another: others want to be served in between.
void IceReserve::settle() {
  drop_old();
  while (kept_.size() > count_)
    kept_.pop_back();
  bool wanted = usable_ && kept_.size() < count_ && unused_ < most_unused * count_;
  if (wanted && !add())
    timer_.arm_in(try_again_in);
  else if (wanted && kept_.size() < count_)
    timer_.arm_in(0s);
  else if (!kept_.empty())
    timer_.arm_in(old_after_ - kept_.front()->gathering_for());
}

} // namespace p2plive::net
