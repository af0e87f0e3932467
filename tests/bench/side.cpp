// SPDX-License-Identifier: LGPL-2.1-or-later
#include "side.h"

#include "net/certificate.h"

#include <glib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sys/resource.h>
#include <utility>

namespace p2plive::bench {

namespace {

constexpr unsigned tick_ms = 5;
constexpr double most_seconds = 120;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "transport bench: %s\n", why.c_str());
  std::_Exit(1);
}

} // namespace

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return double(time.tv_sec) + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  return 0;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Side::Side(GMainContext* context, int socket, const Gathering& gathering)
    : context_(context), gathering_(gathering), certificate_(net::Certificate::generate()),
      reserve_(std::make_shared<net::IceReserve>(context)),
      wire_(context, socket, [this](auto text) { hear(text); }) {
  reserve_->use({.stun = gathering_.stun, .local_addresses = {"127.0.0.1"}});
  reserve_->keep(gathering_.in_advance);
}

Side::~Side() {
  if (ticks_) {
    g_source_destroy(ticks_);
    g_source_unref(ticks_);
  }
}

std::unique_ptr<net::PeerConnection> Side::make(std::size_t number) {
  net::PeerConnectionOptions options;
  options.certificate = certificate_;
  options.local_addresses = {"127.0.0.1"};
  options.reserve = reserve_;
  if (gathering_.stun)
    options.stun = {*gathering_.stun};
  net::PeerConnectionEvents events;
  events.local_description = [this, number](const std::string& sdp) {
    say("sdp " + std::to_string(number) + "\n" + sdp);
  };
  events.open = [this, number] {
    links[number].opened = Clock::now();
    links[number].open = true;
    ++open_count_;
  };
  events.message = [this, number](auto bytes) { links[number].received += bytes.size(); };
  events.drained = [this, number](std::size_t) { drained(number); };
  events.closed = [](const std::string& reason) { give_up(reason); };
  return std::make_unique<net::PeerConnection>(context_, std::move(options), std::move(events));
}

void Side::connect() {
  auto number = links.size();
  links.push_back({});
  links[number].began = Clock::now();
  links[number].connection = make(number);
  links[number].connection->offer();
}

void Side::hear(const std::string& text) {
  if (text.empty())
    give_up("the other process is gone");
  if (!text.starts_with("sdp "))
    return heard(text);
  std::size_t number = std::stoul(text.substr(4));
  auto sdp = text.substr(text.find('\n') + 1);
  if (number < links.size())
    return links[number].connection->accept_answer(sdp);
  links.resize(number + 1);
  links[number].connection = make(number);
  links[number].connection->accept_offer(sdp);
}

void Side::run_until(const std::function<bool()>& condition) {
  auto begin = Clock::now();
  while (!condition()) {
    if (seconds_since(begin) > most_seconds)
      give_up("no end within two minutes");
    g_main_context_iteration(context_, TRUE);
  }
}

void Side::run_for(std::chrono::duration<double> time) {
  bool over = false;
  auto* source = g_timeout_source_new(static_cast<guint>(time.count() * 1000));
  auto expire = +[](gpointer data) -> gboolean {
    *static_cast<bool*>(data) = true;
    return G_SOURCE_REMOVE;
  };
  g_source_set_callback(source, expire, &over, nullptr);
  g_source_set_priority(source, G_PRIORITY_HIGH);
  g_source_attach(source, context_);
  run_until([&] { return over; });
  g_source_unref(source);
}

void Side::watch_gaps() {
  ticked_ = Clock::now();
  worst_gap_ms_ = 0;
  if (ticks_)
    return;
  ticks_ = g_timeout_source_new(tick_ms);
  g_source_set_callback(ticks_, tick, this, nullptr);
  g_source_attach(ticks_, context_);
}

int Side::tick(void* user_data) {
  auto* self = static_cast<Side*>(user_data);
  auto late = seconds_since(self->ticked_) * 1000 - tick_ms;
  self->worst_gap_ms_ = std::max(self->worst_gap_ms_, late);
  self->ticked_ = Clock::now();
  return G_SOURCE_CONTINUE;
}

} // namespace p2plive::bench
