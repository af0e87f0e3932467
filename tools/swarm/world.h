// Everything of a run but its viewers: encoder, CDN, broker, STUN and server, each a child process
// on a port that it keeps over restarts.
//
// Main thread only.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"
#include "swarm/cdn_faults.h"
#include "swarm/layout.h"
#include "swarm/options.h"
#include "swarm/viewer_process.h"

#include <map>

namespace p2plive::bench {

class World {
public:
  World(const Options& options, Layout layout, std::filesystem::path folder);

  /// Encoder and CDN (not with another stream), and the services unless they start later. An error
  /// is a sentence for a person.
  tl::expected<void, std::string> start();
  tl::expected<void, std::string> start_services();
  /// Kills what has that name, or makes the CDN misbehave so; without effect where that does not
  /// run.
  void begin_fault(const std::string& name);
  tl::expected<void, std::string> end_fault(const std::string& name);

  const Addresses& addresses() const { return addresses_; }
  std::filesystem::path served() const { return folder_ / "stream"; }
  std::filesystem::path cdn_log() const { return folder_ / "nginx" / "access.log"; }
  bool own_stream() const { return options_.uri.empty(); }

  /// Names of those that ended without having been asked to, with how; each once.
  std::vector<std::string> casualties();
  std::vector<std::pair<std::string, pid_t>> processes() const;
  void stop();

private:
  tl::expected<void, std::string> start_one(const std::string& name);
  tl::expected<processes::ChildProcess, std::string> start_server();

  Options options_;
  Layout layout_;
  std::filesystem::path folder_;
  CdnFaults cdn_faults_;
  Addresses addresses_;
  std::map<std::string, std::uint16_t> ports_;
  std::map<std::string, processes::ChildProcess> running_;
};

} // namespace p2plive::bench
