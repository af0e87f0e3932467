// SPDX-License-Identifier: LGPL-2.1-or-later
#include "experiments.h"

#include <glib.h>

#include <algorithm>
#include <cstdio>

namespace p2plive::bench {

namespace {

/// What a side keeps queued on each connection that goes as fast as it can.
constexpr std::size_t kept_queued = 1024 * 1024;
constexpr unsigned pace_ms = 2;

/// Sends on all connections, either whatever they take or one message after another at a rate.
class Pump {
public:
  Pump(Side& side, GMainContext* context, const Load& load)
      : side_(side), load_(load), message_(load.message, 42) {
    if (load.bits_per_second == 0) {
      side_.drained = [this](std::size_t number) { fill(number); };
      for (std::size_t number = 0; number < load.connections; ++number)
        fill(number);
      return;
    }
    timer_ = g_timeout_source_new(pace_ms);
    g_source_set_callback(timer_, pace, this, nullptr);
    g_source_attach(timer_, context);
  }
  ~Pump() {
    side_.drained = [](std::size_t) {};
    if (timer_) {
      g_source_destroy(timer_);
      g_source_unref(timer_);
    }
  }

private:
  void fill(std::size_t number) {
    auto& connection = *side_.links[number].connection;
    while (connection.buffered() < kept_queued && connection.send(message_))
      ;
  }

  static gboolean pace(gpointer user_data) {
    auto* self = static_cast<Pump*>(user_data);
    auto due = seconds_since(self->began_) * double(self->load_.bits_per_second) / 8;
    for (; self->sent_ < due; self->sent_ += double(self->load_.message)) {
      self->side_.links[self->turn_].connection->send(self->message_);
      self->turn_ = (self->turn_ + 1) % self->load_.connections;
    }
    return G_SOURCE_CONTINUE;
  }

  Side& side_;
  const Load& load_;
  std::vector<std::uint8_t> message_;
  Clock::time_point began_ = Clock::now();
  double sent_ = 0;
  std::size_t turn_ = 0;
  GSource* timer_ = nullptr;
};

} // namespace

void measure_throughput(Side& side, const Load& load) {
  for (std::size_t number = 0; number < load.connections; ++number)
    side.connect();
  side.run_until([&] { return side.open_count() == load.connections; });
  std::string result;
  side.heard = [&](const std::string& text) { result = text; };
  Pump pump(side, g_main_context_get_thread_default(), load);
  side.run_for(std::chrono::milliseconds(500));
  side.say("begin");
  side.watch_gaps();
  auto cpu = cpu_seconds();
  auto begin = Clock::now();
  side.run_for(load.time);
  side.say("end");
  cpu = cpu_seconds() - cpu;
  auto seconds = seconds_since(begin);
  auto gap = side.worst_gap_ms();
  side.run_until([&] { return !result.empty(); });
  std::printf("{\"sender_seconds\": %.4f, \"sender_cpu\": %.4f, \"sender_gap_ms\": %.1f, %s}\n",
              seconds, cpu, gap, result.c_str());
}

namespace {

/// The receiver's part of the result, over its own window from "begin" to "end".
class Window {
public:
  void begin(Side& side) {
    side.watch_gaps();
    before_.clear();
    for (auto& link : side.links)
      before_.push_back(link.received);
    cpu_ = cpu_seconds();
    began_ = Clock::now();
  }

  std::string end(const Side& side) const {
    auto seconds = seconds_since(began_);
    auto cpu = cpu_seconds() - cpu_;
    std::uint64_t all = 0, least = UINT64_MAX;
    for (std::size_t number = 0; number < before_.size(); ++number) {
      auto bytes = side.links[number].received - before_[number];
      all += bytes;
      least = std::min(least, bytes);
    }
    auto mean = double(all) / double(std::max<std::size_t>(1, before_.size()));
    char text[256];
    std::snprintf(text, sizeof text,
                  "\"seconds\": %.4f, \"bytes\": %llu, \"receiver_cpu\": %.4f, "
                  "\"receiver_gap_ms\": %.1f, \"min_share\": %.3f",
                  seconds, static_cast<unsigned long long>(all), cpu, side.worst_gap_ms(),
                  mean > 0 ? double(least) / mean : 0);
    return text;
  }

private:
  std::vector<std::uint64_t> before_;
  double cpu_ = 0;
  Clock::time_point began_;
};

} // namespace

void serve(Side& side) {
  Window window;
  bool over = false, asked = false;
  side.heard = [&](const std::string& text) {
    if (text == "begin")
      window.begin(side);
    else if (text == "end")
      side.say(window.end(side));
    else if (text == "memory")
      side.say(std::to_string(resident_kb()));
    else if (text == "gathered")
      asked = true;
    else if (text == "bye")
      over = true;
    else if (text.starts_with("close "))
      side.links[std::stoul(text.substr(6))].connection.reset();
  };
  side.run_until([&] {
    if (asked && side.has_gathered()) {
      asked = false;
      side.say("gathered");
    }
    return over;
  });
}

} // namespace p2plive::bench
