// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/cdn_faults.h"

#include <csignal>
#include <fstream>

namespace p2plive::bench {

namespace {

constexpr const char* errors = "cdn-errors";
constexpr const char* slow = "cdn-slow";
constexpr const char* stalls = "cdn-stalls";

// nginx sends what a second brings at once: an eighth of a second of the stream, then the rest.
constexpr std::uint64_t slow_part = 8;

} // namespace

bool is_cdn_fault(const std::string& name) {
  return name == errors || name == slow || name == stalls;
}

CdnFaults::CdnFaults(std::filesystem::path folder, std::uint64_t bitrate)
    : folder_(std::move(folder)), slow_rate_(bitrate / 8 / slow_part) {}

std::string CdnFaults::directives() const {
  return "if (-f " + mark(errors).string() + ") { return 503; }\n" + "if (-f " +
         mark(slow).string() + ") { set $limit_rate " + std::to_string(slow_rate_) + "; }\n";
}

void CdnFaults::begin(const std::string& name, processes::ChildProcess& nginx) const {
  if (name == stalls)
    nginx.send_signal(SIGSTOP);
  else
    std::ofstream(mark(name)).flush();
}

void CdnFaults::end(const std::string& name, processes::ChildProcess& nginx) const {
  if (name == stalls)
    nginx.send_signal(SIGCONT);
  else
    std::filesystem::remove(mark(name));
}

} // namespace p2plive::bench
