// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/timer.h"

#include <glib.h>

#include <algorithm>
#include <utility>

namespace p2plive::net {

namespace {

constexpr gint64 never = -1;

/// Looking in vain costs more than to be set anew, where the thread sleeps in between:
/// microseconds.
constexpr gint64 near = 100'000;

struct TimerSource {
  GSource source;
  std::function<void()>* fired; ///< the timer's; valid until the source is destroyed
  gint64 due;                   ///< us of the monotonic clock; the source looks then or before
};

gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
  auto* timer = reinterpret_cast<TimerSource*>(source);
  if (timer->due == never || g_get_monotonic_time() < timer->due) {
    g_source_set_ready_time(source, timer->due);
    return G_SOURCE_CONTINUE;
  }
  timer->due = never;
  g_source_set_ready_time(source, never);
  // Called from a local, for the call may destroy the timer.
  auto* home = timer->fired;
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
    reinterpret_cast<TimerSource*>(source_)->due = never;
    g_source_set_static_name(source_, "p2plive timer");
    g_source_attach(source_, context_);
  }
  // A year bounds what a caller's arithmetic may have made of "never". Rounded up: not too early.
  auto bounded = std::clamp<nanoseconds>(delay, nanoseconds(0), hours(24 * 365));
  auto start = g_get_monotonic_time();
  auto due = start + ceil<microseconds>(bounded).count();
  reinterpret_cast<TimerSource*>(source_)->due = due;
  // GLib wakes the context each time, also from its own thread: two system calls and a turn of the
  // loop. A timer that is only put off, as with each piece of a response, is looked at once
  // instead; but not soon for what comes late.
  auto set = g_source_get_ready_time(source_);
  bool in_vain = set - start < near && due - set > near;
  if (set == never || due < set || in_vain)
    g_source_set_ready_time(source_, due);
}

void Timer::disarm() {
  if (source_)
    reinterpret_cast<TimerSource*>(source_)->due = never;
}

} // namespace p2plive::net
