// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/world.h"

#include "processes/free_port.h"
#include "swarm/encoder.h"

#include <algorithm>
#include <csignal>

namespace p2plive::bench {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

World::World(const Options& options, Layout layout, fs::path folder)
    : options_(options), layout_(std::move(layout)), folder_(std::move(folder)),
      cdn_faults_(folder_, options.bitrate) {
  for (const char* name : {"nginx", "mosquitto", "coturn", "server"})
    do
      ports_[name] = processes::free_port();
    while (std::count_if(ports_.begin(), ports_.end(), [&](const auto& other) {
             return other.second && other.second == ports_[name];
           }) > 1);
  fs::create_directories(served());
  addresses_.index = "http://127.0.0.1:" + std::to_string(ports_["server"]) + "/";
  addresses_.stream =
      own_stream() ? "http://127.0.0.1:" + std::to_string(ports_["nginx"]) + "/" + playlist_name
                   : options_.uri;
}

tl::expected<void, std::string> World::start() {
  if (own_stream()) {
    auto encoder = start_encoder(options_, served(), folder_ / "encoder.log");
    if (!encoder)
      return tl::make_unexpected(encoder.error());
    running_["encoder"] = std::move(*encoder);
    if (auto nginx = start_one("nginx"); !nginx)
      return nginx;
  }
  return options_.services_from ? tl::expected<void, std::string>{} : start_services();
}

tl::expected<void, std::string> World::start_services() {
  for (const char* name : {"mosquitto", "coturn", "server"})
    if (auto started = start_one(name); !started)
      return started;
  return {};
}

tl::expected<void, std::string> World::start_one(const std::string& name) {
  processes::ServiceOptions options{folder_, ports_.at(name)};
  tl::expected<processes::ChildProcess, std::string> process;
  auto take = [&](tl::expected<processes::Service, std::string> service) {
    if (service)
      process = std::move(service->process);
    else
      process = tl::make_unexpected(service.error());
  };
  if (name == "mosquitto") {
    take(processes::start_mosquitto(options));
  } else if (name == "coturn") {
    take(processes::start_coturn(options));
  } else if (name == "nginx") {
    processes::NginxOptions nginx;
    static_cast<processes::ServiceOptions&>(nginx) = options;
    nginx.root = served();
    nginx.locations = cdn_faults_.directives();
    take(processes::start_nginx(nginx));
  } else {
    process = start_server();
  }
  if (!process)
    return tl::make_unexpected(process.error());
  running_[name] = std::move(*process);
  return {};
}

tl::expected<processes::ChildProcess, std::string> World::start_server() {
  auto log = folder_ / "server.log";
  fs::remove(log); // Else the line of an earlier start would be found.
  auto local = [&](const char* name) { return "127.0.0.1:" + std::to_string(ports_.at(name)); };
  processes::SpawnOptions spawn;
  spawn.argv = {layout_.server.string(), "--listen", local("server"), "--mqtt",
                local("mosquitto"),      "--stun",   local("coturn")};
  spawn.log = log;
  auto process = processes::ChildProcess::spawn(spawn);
  if (!process)
    return process;
  if (auto line = processes::wait_for_line(*process, log, "listening on http://", 10s); !line)
    return tl::make_unexpected("p2plive-server: " + line.error());
  return process;
}

void World::begin_fault(const std::string& name) {
  auto found = running_.find(is_cdn_fault(name) ? "nginx" : name);
  if (found == running_.end())
    return;
  if (is_cdn_fault(name))
    return cdn_faults_.begin(name, found->second);
  found->second.kill();
  running_.erase(found);
}

tl::expected<void, std::string> World::end_fault(const std::string& name) {
  if (!is_cdn_fault(name))
    return start_one(name);
  if (auto nginx = running_.find("nginx"); nginx != running_.end())
    cdn_faults_.end(name, nginx->second);
  return {};
}

std::vector<std::string> World::casualties() {
  std::vector<std::string> result;
  for (auto it = running_.begin(); it != running_.end();) {
    if (it->second.alive()) {
      ++it;
      continue;
    }
    result.push_back(it->first + " " + it->second.ending()->describe());
    it = running_.erase(it);
  }
  return result;
}

std::vector<std::pair<std::string, pid_t>> World::processes() const {
  std::vector<std::pair<std::string, pid_t>> result;
  for (const auto& [name, process] : running_)
    result.emplace_back(name, process.pid());
  return result;
}

void World::stop() {
  // All are asked before the first is waited for.
  for (auto& [name, process] : running_)
    process.send_signal(SIGTERM);
  running_.clear();
}

} // namespace p2plive::bench
