// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/timer.h"

#include <glib.h>

#include <algorithm>
#include <utility>

namespace p2plive::net {

namespace {

struct TimerSource {
  GSource source;
  std::function<void()>* fired; ///< the timer's; valid until the source is destroyed
};

gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
  g_source_set_ready_time(source, -1);
  // Called from a local, for the call may destroy the timer.
  auto* home = reinterpret_cast<TimerSource*>(source)->fired;
  auto fired = std::move(*home);
  fired();
  if (!g_source_is_destroyed(source))
    *home = std::move(fired);
  return G_SOURCE_CONTINUE;
}

GSourceFuncs functions{nullptr, nullptr, dispatch, nullptr, nullptr, nullptr};

} // namespace

Timer::Timer(GMainContext* context, std::function<void()> fired)
    : context_(context), fired_(std::move(fired)) {}

Timer::~Timer() {
  if (!source_)
    return;
  g_source_destroy(source_);
  g_source_unref(source_);
}

void Timer::arm_at(std::chrono::steady_clock::time_point when) {
  const auto now = std::chrono::steady_clock::now();
  arm_in(when > now ? when - now : std::chrono::nanoseconds(0));
}

void Timer::arm_in(std::chrono::nanoseconds delay) {
  using namespace std::chrono;
  if (!source_) {
    source_ = g_source_new(&functions, sizeof(TimerSource));
    reinterpret_cast<TimerSource*>(source_)->fired = &fired_;
    g_source_set_static_name(source_, "p2plive timer");
    g_source_attach(source_, context_);
  }
  // A year bounds what a caller's arithmetic may have made of "never". Rounded up: not too early.
  auto bounded = std::clamp<nanoseconds>(delay, nanoseconds(0), hours(24 * 365));
  g_source_set_ready_time(source_, g_get_monotonic_time() + ceil<microseconds>(bounded).count());
}

void Timer::disarm() {
  if (source_)
    g_source_set_ready_time(source_, -1);
}

} // namespace p2plive::net
