// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/services.h"

#include "processes/free_port.h"

#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <pwd.h>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace p2plive::processes {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto poll_interval = 20ms;

std::string user_name() {
  const auto* entry = getpwuid(geteuid());
  return entry ? entry->pw_name : "nobody";
}

fs::path template_directory() {
  if (const char* given = std::getenv("P2PLIVE_CONF_DIR"))
    return given;
  // Uninstalled programs use the source tree they were built from.
  std::error_code ignored;
  if (fs::exists(P2PLIVE_SOURCE_CONF_DIR, ignored))
    return P2PLIVE_SOURCE_CONF_DIR;
  return P2PLIVE_INSTALLED_CONF_DIR;
}

/// Where a service listens, and its folder.
struct Place {
  fs::path directory;
  std::string address;
  std::uint16_t port = 0;
};

struct Plan {
  std::string name;
  /// Writes the configuration and says what to run.
  std::function<tl::expected<std::vector<std::string>, std::string>(const Place&)> prepare;
  std::function<bool(const Place&)> answers;
};

tl::expected<fs::path, std::string> write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out)
    return tl::make_unexpected("cannot write " + file.string());
  return file;
}

tl::expected<Service, std::string> start_once(const Plan& plan, const ServiceOptions& options,
                                              std::uint16_t port) {
  Service service;
  service.host = options.address;
  service.port = port;
  service.directory = options.directory / plan.name;
  service.log = service.directory / "output.log";
  std::error_code error;
  fs::create_directories(service.directory, error);
  Place place{service.directory, options.address, port};
  auto argv = plan.prepare(place);
  if (!argv)
    return tl::make_unexpected(argv.error());
  SpawnOptions spawn;
  spawn.argv = *argv;
  spawn.log = service.log;
  spawn.working_directory = service.directory;
  auto child = ChildProcess::spawn(spawn);
  if (!child)
    return tl::make_unexpected(child.error());
  service.process = std::move(*child);
  auto until = std::chrono::steady_clock::now() + options.deadline;
  while (service.process.alive() && std::chrono::steady_clock::now() < until) {
    // Asked again after the answer: it may be another program's that took the port first.
    if (plan.answers(place) && !service.process.wait(poll_interval))
      return service;
    service.process.wait(poll_interval);
  }
  auto ended = service.process.ending();
  return tl::make_unexpected(plan.name + " on port " + std::to_string(port) + " " +
                             (ended ? ended->describe() : "does not answer") + ":\n" +
                             log_tail(service.log));
}

tl::expected<Service, std::string> start(const Plan& plan, const ServiceOptions& options) {
  if (options.port)
    return start_once(plan, options, options.port);
  // A free port may be taken by another process before the service binds it.
  tl::expected<Service, std::string> result = tl::make_unexpected("no free port on 127.0.0.1");
  for (int attempt = 0; attempt < 3 && !result; ++attempt)
    if (auto port = free_port())
      result = start_once(plan, options, port);
  return result;
}

bool accepts(const Place& place) {
  return tcp_answers(place.port, place.address);
}

using Values = std::vector<std::pair<std::string, std::string>>;

/// Fills a template into a file of the service's folder.
tl::expected<fs::path, std::string> configure(const std::string& name, const Place& place,
                                              Values values) {
  values.insert(values.end(), {{"ADDRESS", place.address},
                               {"PORT", std::to_string(place.port)},
                               {"DIRECTORY", place.directory.string()},
                               {"USER", user_name()}});
  auto text = fill_template(name + ".in", values);
  if (!text)
    return tl::make_unexpected(text.error());
  return write_file(place.directory / name, *text);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Cuts the template's server block out and puts others in its place.
void replace_servers(std::string& text, const std::string& servers) {
  auto begin = text.find("  server {");
  auto end = text.rfind('}');
  if (begin != std::string::npos && end > begin)
    text.replace(begin, end - begin, servers + "\n");
}

} // namespace

tl::expected<std::string, std::string> fill_template(const std::string& file,
                                                     const Values& values) {
  auto path = template_directory() / file;
  std::ifstream in(path);
  if (!in)
    return tl::make_unexpected("cannot read the template " + path.string());
  std::stringstream text;
  text << in.rdbuf();
  auto result = text.str();
  for (const auto& [name, value] : values)
    replace_all(result, "@" + name + "@", value);
  return result;
}

tl::expected<Service, std::string> start_mosquitto(const ServiceOptions& options) {
  Plan plan;
  plan.name = "mosquitto";
  plan.answers = accepts;
  std::uint16_t websocket_port = 0;
  plan.prepare = [&](const Place& place) {
    websocket_port = free_port();
    Values more{{"WEBSOCKET_PORT", std::to_string(websocket_port)}};
    return configure("mosquitto.conf", place, more).map([](const fs::path& file) {
      return std::vector<std::string>{"mosquitto", "-c", file.string()};
    });
  };
  auto service = start(plan, options);
  if (service)
    service->websocket_port = websocket_port;
  return service;
}

tl::expected<Service, std::string> start_coturn(const ServiceOptions& options) {
  Plan plan;
  plan.name = "coturn";
  plan.answers = [](const Place& place) { return stun_answers(place.port, 100ms, place.address); };
  plan.prepare = [](const Place& place) {
    return configure("turnserver.conf", place, {}).map([](const fs::path& file) {
      return std::vector<std::string>{"turnserver", "-c", file.string()};
    });
  };
  return start(plan, options);
}

tl::expected<Service, std::string> start_nginx(const NginxOptions& options) {
  Plan plan;
  plan.name = options.name;
  plan.answers = accepts;
  plan.prepare =
      [&options](const Place& place) -> tl::expected<std::vector<std::string>, std::string> {
    auto file = configure("nginx.conf", place,
                          {{"ROOT", options.root.string()}, {"LOCATIONS", options.locations}});
    if (!file)
      return tl::make_unexpected(file.error());
    if (!options.complete_servers.empty()) {
      std::ifstream in(*file);
      std::string text(std::istreambuf_iterator<char>(in), {});
      auto servers = options.complete_servers;
      replace_all(servers, "@PORT@", std::to_string(place.port));
      replace_servers(text, servers);
      if (auto written = write_file(*file, text); !written)
        return tl::make_unexpected(written.error());
    }
    return std::vector<std::string>{
        "nginx", "-p", place.directory.string(), "-c", file->string(), "-e", "stderr"};
  };
  return start(plan, options);
}

tl::expected<std::string, std::string> wait_for_line(ChildProcess& process, const fs::path& log,
                                                     const std::string& text,
                                                     std::chrono::milliseconds deadline) {
  auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    bool over = !process.alive() || std::chrono::steady_clock::now() >= until;
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);)
      if (!in.eof() && line.find(text) != std::string::npos)
        return line;
    if (over)
      break;
    process.wait(poll_interval);
  }
  auto ended = process.ending();
  return tl::make_unexpected((ended ? ended->describe() : "it did not say '" + text + "' in time") +
                             ":\n" + log_tail(log));
}

std::string log_tail(const fs::path& log, std::size_t lines) {
  std::ifstream in(log);
  std::deque<std::string> tail;
  for (std::string line; std::getline(in, line);) {
    tail.push_back(std::move(line));
    if (tail.size() > lines)
      tail.pop_front();
  }
  std::string result;
  for (const auto& line : tail)
    result += line + "\n";
  return result;
}

} // namespace p2plive::processes
