// mosquitto, coturn and nginx on loopback (or another address of this machine), each a child
// process started from the configuration templates that ship with p2plive (conf/*.conf.in), for the
// swarm bench and for tests. A start returns when the service answers, or with a sentence and the
// end of its log.
//
// Call from the main thread: see child_process.h.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"

#include <cstdint>

namespace p2plive::processes {

struct Service {
  ChildProcess process;
  std::string host;                 ///< the address that it listens on
  std::uint16_t port = 0;           ///< UDP for coturn, TCP else
  std::uint16_t websocket_port = 0; ///< of mosquitto, for browsers; another after each start
  std::filesystem::path directory;  ///< its configuration, log and temporary files
  std::filesystem::path log;

  std::string address() const { return host + ":" + std::to_string(port); }
  std::string url() const { return "http://" + address() + "/"; }
};

struct ServiceOptions {
  /// A folder that exists; the service's own folder is made in it. Starting the same service there
  /// again goes on with its logs.
  std::filesystem::path directory;
  std::uint16_t port = 0; ///< 0: any free one; else this, as after a restart
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
  /// IPv4, of this machine. With another than 127.0.0.1 the port must be given.
  std::string address = "127.0.0.1";
};

struct NginxOptions : ServiceOptions {
  std::string name = "nginx";   ///< of its folder, where several run
  std::filesystem::path root;   ///< what it serves
  std::string locations;        ///< further lines of the server block: "location /x { ... }"
  std::string complete_servers; ///< instead of the shipped server block; @PORT@ is replaced in it
};

tl::expected<Service, std::string> start_mosquitto(const ServiceOptions& options);
tl::expected<Service, std::string> start_coturn(const ServiceOptions& options);
/// Its log of requests is `directory`/access.log, format in conf/nginx.conf.in.
tl::expected<Service, std::string> start_nginx(const NginxOptions& options);

/// Waits until a line of `log` contains `text`, and returns that line; an error when `process` ends
/// or the deadline passes. For programs that say when they are ready, and on which port.
tl::expected<std::string, std::string> wait_for_line(ChildProcess& process,
                                                     const std::filesystem::path& log,
                                                     const std::string& text,
                                                     std::chrono::milliseconds deadline);

/// The last lines of a log, for messages.
std::string log_tail(const std::filesystem::path& log, std::size_t lines = 12);

/// The text of a shipped template, with @NAME@ replaced.
tl::expected<std::string, std::string>
fill_template(const std::string& file,
              const std::vector<std::pair<std::string, std::string>>& values);

} // namespace p2plive::processes
