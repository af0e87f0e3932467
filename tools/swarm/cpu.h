// What the kernel says about this machine's and a process's use of the CPU (proc(5)).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <string_view>
#include <sys/types.h>

namespace p2plive::bench {

struct MachineTime {
  std::uint64_t idle = 0, total = 0; ///< ticks of all cores since the machine started
};

/// The first line of /proc/stat; waiting for a disk counts as idle.
std::optional<MachineTime> parse_machine_time(std::string_view stat);
std::optional<MachineTime> machine_time();

/// Percent of the time between the two in which the cores had nothing to do.
std::optional<double> idle_percent(const MachineTime& from, const MachineTime& to);

/// The text of /proc/PID/stat; none: it makes no sense.
std::optional<Load> parse_process_load(std::string_view stat, long ticks_per_second,
                                       long page_size);
std::optional<Load> process_load(pid_t pid);

} // namespace p2plive::bench
