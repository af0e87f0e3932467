// A one-shot timer on a GMainContext.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace p2plive::net {

/// Lives on the context's thread. Arming it again replaces the time; destroying it disarms it.
class Timer {
public:
  Timer(GMainContext* context, std::function<void()> fired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm_at(std::chrono::steady_clock::time_point when); ///< in the past: at once
  void arm_in(std::chrono::nanoseconds delay);
  void disarm();

private:
  GMainContext* context_;
  std::function<void()> fired_;
  GSource* source_ = nullptr;
};

} // namespace p2plive::net
