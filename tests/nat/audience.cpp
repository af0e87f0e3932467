// SPDX-License-Identifier: LGPL-2.1-or-later
#include "audience.h"

#include <sstream>
#include <stdexcept>

namespace p2plive::test {

using namespace std::chrono_literals;

namespace {

constexpr const char* server_port = "8100";

} // namespace

Spectator::Spectator(const NetworkNamespace& where, const std::string& uri,
                     const std::string& index_uri, const std::filesystem::path& log)
    : speaker_(where, {P2PLIVE_NAT_VIEWER, uri, index_uri}, log) {}

bool Spectator::listen() {
  while (auto line = speaker_.line(0ms)) {
    std::istringstream words(*line);
    std::string name, at;
    words >> name >> at >> name >> report_.peers >> name >> report_.cdn >> name >> report_.peer >>
        name >> report_.segments >> name >> report_.starved >> name >> report_.flaws >> name >>
        report_.id;
  }
  return speaker_.process().alive();
}

Audience::Audience() {
  NetworkNamespace::Inside inside(internet_.public_segment());
  stream_ = std::make_unique<LiveStream>(std::string(), Internet::services_address);
  start_server();
  net::MqttClient::Options options;
  options.host = Internet::services_address;
  options.port = Internet::mqtt_port;
  options.client_id = "ear";
  options.inbox = "p2plive/v1/inbox/+";
  net::MqttClient::Events events;
  events.message = [this](std::string_view, std::span<const std::uint8_t> payload) {
    if (auto signal = viewer::decode_signal(payload))
      signals_.push_back({std::chrono::steady_clock::now(), signal->kind, signal->from.to_hex(),
                          signal->to.to_hex()});
  };
  ear_ = std::make_unique<net::MqttClient>(loop_.context(), std::move(options), std::move(events));
  if (!loop_.run_until([&] { return ear_->ready(); }))
    throw std::runtime_error("the broker does not answer");
  stream_->start_encoder(7);
}

void Audience::start_server() {
  std::string host = Internet::services_address;
  auto log = internet_.directory() / "server.log";
  processes::SpawnOptions options;
  options.argv = {P2PLIVE_SERVER_PROGRAM,
                  "--listen",
                  host + ":" + server_port,
                  "--mqtt",
                  host + ":" + std::to_string(Internet::mqtt_port),
                  "--stun",
                  host + ":" + std::to_string(Internet::stun_port)};
  options.log = log;
  auto started = processes::ChildProcess::spawn(options);
  if (!started)
    throw std::runtime_error(started.error());
  server_ = std::move(*started);
  auto line = processes::wait_for_line(server_, log, "listening on ", 10s);
  if (!line)
    throw std::runtime_error(line.error());
  index_uri_ = "http://" + host + ":" + server_port + "/";
}

Spectator& Audience::join(const NetworkNamespace& where) {
  spectators_.push_back(std::make_unique<Spectator>(where, stream_->uri(), index_uri_,
                                                    internet_.directory() / "viewers.log"));
  return *spectators_.back();
}

void Audience::listen() {
  loop_.run_for(20ms);
  for (auto& spectator : spectators_)
    if (!spectator->listen())
      throw std::runtime_error("a viewer has ended: " +
                               processes::log_tail(internet_.directory() / "viewers.log"));
}

} // namespace p2plive::test
