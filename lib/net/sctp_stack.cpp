// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sctp_stack.h"

#include "net/crc32c.h"

#include <glib.h>
#include <usrsctp.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

namespace p2plive::net {

using std::chrono::milliseconds;

namespace {

constexpr unsigned tick_ms = 10;
constexpr milliseconds tick_of_ends{250};

// The token of the process-wide stack; usrsctp's one output function has no user data.
std::mutex token_lock;
std::weak_ptr<SctpStack> token;
std::atomic<SctpStack*> running{nullptr};

void settings() {
  usrsctp_sysctl_set_sctp_pr_enable(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_max_burst_default(0);
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(10240);
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
  // Ten packets, as TCP has it (RFC 6928): a chunk of 64 KiB needs fewer round trips.
  usrsctp_sysctl_set_sctp_initial_cwnd(10);
  // DTLS has verified what comes in; what goes out gets its checksum in output().
  usrsctp_enable_crc32c_offload();
}

} // namespace

std::shared_ptr<SctpStack> SctpStack::share(GMainContext* context) {
  std::lock_guard guard(token_lock);
  auto stack = token.lock();
  if (!stack) {
    if (running.load()) // on its way out, on another thread
      return nullptr;
    stack = std::shared_ptr<SctpStack>(new SctpStack(context));
    token = stack;
  }
  return stack->context_ == context ? stack : nullptr;
}

SctpStack::SctpStack(GMainContext* context)
    : context_(g_main_context_ref(context)), service_(context) {
  usrsctp_init_nothreads(0, output, nullptr);
  settings();
  running = this;
}

SctpStack::~SctpStack() {
  stop_timer();
  // Refused while an association's last timer is pending; those are within a second.
  for (int round = 0; usrsctp_finish() != 0 && round < 100; ++round)
    usrsctp_handle_timers(tick_ms);
  running = nullptr;
  g_main_context_unref(context_);
}

void* SctpStack::add(SctpEnd& end) {
  auto key = ++last_address_;
  live_.emplace(key, &end);
  auto* address = reinterpret_cast<void*>(key);
  usrsctp_register_address(address);
  start_timer();
  return address;
}

void SctpStack::remove(void* address) {
  live_.erase(reinterpret_cast<std::uintptr_t>(address));
  usrsctp_deregister_address(address);
  if (live_.empty())
    stop_timer();
}

int SctpStack::output(void* address, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
  auto* stack = running.load();
  if (!stack || size < sizeof(sctp_common_header))
    return 0;
  auto found = stack->live_.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == stack->live_.end())
    return 0;
  std::span bytes(static_cast<std::uint8_t*>(packet), size);
  auto sum = sctp_crc32c(bytes);
  std::memcpy(&bytes[offsetof(sctp_common_header, crc32c)], &sum, sizeof sum);
  found->second->sctp_output(bytes);
  return 0;
}

void SctpStack::start_timer() {
  if (timer_)
    return;
  ticked_ = Clock::now();
  timer_ = g_timeout_source_new(tick_ms);
  g_source_set_priority(timer_, G_PRIORITY_HIGH);
  g_source_set_static_name(timer_, "p2plive SCTP timers");
  g_source_set_callback(timer_, tick, this, nullptr);
  g_source_attach(timer_, context_);
}

void SctpStack::stop_timer() {
  if (!timer_)
    return;
  g_source_destroy(timer_);
  g_source_unref(timer_);
  timer_ = nullptr;
}

int SctpStack::tick(void* user_data) {
  auto* stack = static_cast<SctpStack*>(user_data);
  auto elapsed = std::chrono::floor<milliseconds>(Clock::now() - stack->ticked_);
  stack->ticked_ += elapsed; // the fraction is kept for the next time
  if (elapsed.count() > 0)
    stack->advance(elapsed);
  return G_SOURCE_CONTINUE;
}

void SctpStack::advance(milliseconds elapsed) {
  usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed.count()));
  // A thread that stood still has also not read its sockets: that is not the peers' silence.
  since_tick_of_ends_ += std::min(elapsed, tick_of_ends);
  if (since_tick_of_ends_ < tick_of_ends)
    return;
  auto passed = std::exchange(since_tick_of_ends_, milliseconds(0));
  for (auto& [key, end] : live_)
    end->tick(passed);
}

} // namespace p2plive::net
