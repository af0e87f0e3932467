// The real p2plive-server as a child process of a test.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace p2plive::test {

class Server {
public:
  /// Knows the broker at `mqtt_port`, if there is one. Throws std::runtime_error.
  explicit Server(std::uint16_t mqtt_port = 0, std::uint16_t port = 0)
      : Server(mqtt_port ? "127.0.0.1:" + std::to_string(mqtt_port) : "", port) {}
  /// `broker` as p2plive-server takes it: [tls://]HOST:PORT.
  explicit Server(std::string broker, std::uint16_t port = 0) : broker_(std::move(broker)) {
    start(port);
  }

  /// Port 0: any free one.
  void start(std::uint16_t port) {
    log_ = directory_ / ("server-" + std::to_string(++starts_) + ".log");
    std::vector<std::string> argv{P2PLIVE_SERVER_PROGRAM, "--listen",
                                  "127.0.0.1:" + std::to_string(port)};
    if (!broker_.empty())
      argv.insert(argv.end(), {"--mqtt", broker_});
    auto started = processes::ChildProcess::spawn({.argv = argv, .log = log_});
    if (!started)
      throw std::runtime_error(started.error());
    process_ = std::move(*started);
    const std::string before = "listening on ";
    auto line = processes::wait_for_line(process_, log_, before, std::chrono::seconds(10));
    if (!line)
      throw std::runtime_error(line.error());
    auto at = line->find(before) + before.size();
    url_ = line->substr(at, line->find(' ', at) - at);
  }
  void kill() { process_.kill(); }

  const std::string& index_uri() const { return url_; }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
  }

private:
  processes::TemporaryDirectory directory_{"p2plive-server-test"};
  std::string broker_;
  int starts_ = 0;
  std::filesystem::path log_;
  std::string url_; ///< with a final slash
  processes::ChildProcess process_;
};

} // namespace p2plive::test
