// What a run of p2plive-swarm is asked to do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "console/command_line.h"
#include "swarm/records.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::bench {

using console::Seconds;
using console::Usage;

/// Something is killed at a time of the run, and started again at another where one is given; or
/// the CDN misbehaves from then until then.
struct Fault {
  std::string name; ///< mosquitto, server, coturn, nginx, viewer-K, viewer: the last that lives; or
                    ///< one of the CDN's (cdn_faults.h)
  Seconds at{};
  std::optional<Seconds> back;
};

struct Churn {
  unsigned count = 0; ///< so many leave, and so many join ...
  Seconds every{};    ///< ... at this interval
};

struct Joins {
  unsigned count = 0; ///< so many pairs join late, one of each shares, the other does not ...
  Seconds every{};    ///< ... at this interval, from the beginning of the steady window on
};

struct Options {
  unsigned viewers = 4;
  Seconds seconds{60}; ///< of the run, from the last initial join on
  Seconds steady{12};  ///< the steady window begins so long after the last initial join
  std::uint64_t bitrate = 2'000'000; ///< bits a second, of the whole stream
  Seconds segment{2};
  unsigned window = 6;        ///< segments in the playlist
  std::string uri;            ///< another live stream instead of the encoder's
  std::optional<Churn> churn; ///
  std::optional<Joins> joins;
  std::optional<std::uint64_t> upload_limit; ///< kbit/s for each viewer
  std::optional<Seconds> live_delay, lead;   ///< none: the element's own
  bool decode = true;
  bool verify = false;
  std::string json; ///< file; "-" is standard output
  std::vector<Fault> faults;
  std::optional<Seconds>
      services_from; ///< the services are dead until then; none: up from the start
  bool keep = false; ///< logs and segments stay for somebody to look at
};

/// The command line. Usage: what to print instead of running.
tl::expected<Options, Usage> parse_options(int argc, char** argv);

} // namespace p2plive::bench
