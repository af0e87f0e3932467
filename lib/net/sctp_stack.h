// usrsctp, which is global to a process: initialised with the first connection, finished with the
// last, its timers driven from the one GMainContext that all connections share.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/service_source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace p2plive::net {

/// One association, as the stack sees it. Its calls come from within usrsctp or from its timer, so
/// they only note what happened; they add and remove no association.
class SctpEnd {
public:
  virtual void sctp_output(std::span<const std::uint8_t> packet) = 0;
  /// Every 250 ms; `elapsed` leaves out the time in which this thread itself did not run.
  virtual void tick(std::chrono::milliseconds elapsed) = 0;

protected:
  ~SctpEnd() = default;
};

/// Held by every connection of the process. All calls and its destruction on the context's thread.
class SctpStack {
public:
  /// The process's stack. Null while another context has it: usrsctp's timers send for every
  /// association, so all of them live on one thread.
  static std::shared_ptr<SctpStack> share(GMainContext* context);
  ~SctpStack();
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;

  /// Registers an association; what is returned is its address in AF_CONN. Never reused, so a late
  /// packet of usrsctp cannot reach a stranger.
  void* add(SctpEnd& end);
  void remove(void* address);

  ServiceSource& service() { return service_; }

private:
  using Clock = std::chrono::steady_clock;
  explicit SctpStack(GMainContext* context);
  static int output(void* address, void* packet, std::size_t size, std::uint8_t, std::uint8_t);
  static int tick(void* stack);
  void start_timer();
  void stop_timer();
  void advance(std::chrono::milliseconds elapsed);

  GMainContext* context_;
  ServiceSource service_;
  std::unordered_map<std::uintptr_t, SctpEnd*> live_;
  std::uintptr_t last_address_ = 0;
  GSource* timer_ = nullptr; ///< only while there are associations
  Clock::time_point ticked_;
  std::chrono::milliseconds since_tick_of_ends_{0};
};

} // namespace p2plive::net
