// What the CDN can do wrong without its end. nginx looks for the marks at each request, so that
// nothing has to be started again, and connections stay.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace p2plive::bench {

/// cdn-errors: it answers with 503; cdn-slow: each answer comes at a small part of the stream's
/// rate, to its end; cdn-stalls: nothing is answered, and what was being sent stops.
bool is_cdn_fault(const std::string& name);

class CdnFaults {
public:
  /// `folder` for the marks, which exists; `bitrate` of the stream, bits a second.
  CdnFaults(std::filesystem::path folder, std::uint64_t bitrate);

  /// Lines of nginx's server block.
  std::string directives() const;
  void begin(const std::string& name, processes::ChildProcess& nginx) const;
  void end(const std::string& name, processes::ChildProcess& nginx) const;

private:
  std::filesystem::path mark(const std::string& name) const { return folder_ / name; }

  std::filesystem::path folder_;
  std::uint64_t slow_rate_; ///< bytes a second
};

} // namespace p2plive::bench
