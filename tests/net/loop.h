// A GMainContext of a test's own, run until something has happened.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace p2plive::test {

class Loop {
public:
  Loop() : context_(g_main_context_new()) { g_main_context_push_thread_default(context_); }
  ~Loop() {
    for (int i = 0; i < 1000 && g_main_context_iteration(context_, FALSE); ++i)
      ; // what was cancelled completes
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  GMainContext* context() const { return context_; }

  /// Runs until `condition` holds; false: the deadline passed before.
  template <typename Condition>
  bool run_until(Condition condition,
                 std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    using clock = std::chrono::steady_clock;
    bool late = false;
    auto* timeout = g_timeout_source_new(deadline.count());
    auto expire = +[](gpointer data) -> gboolean { return *static_cast<bool*>(data) = true; };
    g_source_set_callback(timeout, expire, &late, nullptr);
    g_source_attach(timeout, context_);
    while (!condition() && !late) {
      g_main_context_iteration(context_, TRUE);
      if (!ticks_)
        continue;
      const auto now = clock::now();
      const auto waited = waited_for_cpu();
      worst_gap_ = std::max(worst_gap_, std::chrono::nanoseconds(now - seen_) - (waited - waited_));
      seen_ = now;
      waited_ = waited;
    }
    g_source_destroy(timeout);
    g_source_unref(timeout);
    return condition();
  }

  /// Runs for a while, where nothing is to happen.
  void run_for(std::chrono::milliseconds time) {
    run_until([] { return false; }, time);
  }

  /// From here on the loop wakes every 5 ms, and worst_gap() is its longest step, without the time
  /// in which the thread could have run and a busy machine did not let it.
  void watch_gaps() {
    if (ticks_)
      g_source_destroy(ticks_);
    ticks_ = g_timeout_source_new(5);
    g_source_set_callback(
        ticks_, +[](gpointer) -> gboolean { return TRUE; }, nullptr, nullptr);
    g_source_attach(ticks_, context_);
    g_source_unref(ticks_);
    seen_ = std::chrono::steady_clock::now();
    waited_ = waited_for_cpu();
    worst_gap_ = {};
  }
  std::chrono::milliseconds worst_gap() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(worst_gap_);
  }

private:
  /// Second field of schedstat (Linux, Documentation/scheduler/sched-stats).
  static std::chrono::nanoseconds waited_for_cpu() {
    std::int64_t ran = 0, waited = 0;
    std::ifstream("/proc/thread-self/schedstat") >> ran >> waited;
    return std::chrono::nanoseconds(waited);
  }

  GMainContext* context_;
  GSource* ticks_ = nullptr; ///< the context's
  std::chrono::steady_clock::time_point seen_;
  std::chrono::nanoseconds waited_{};
  std::chrono::nanoseconds worst_gap_{};
};

} // namespace p2plive::test
