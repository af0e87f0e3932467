// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/cpu.h"

#include <fstream>
#include <sstream>
#include <unistd.h>

namespace p2plive::bench {

namespace {

std::optional<std::string> contents(const std::string& file) {
  std::ifstream in(file);
  if (!in)
    return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

std::optional<MachineTime> parse_machine_time(std::string_view stat) {
  std::istringstream in{std::string(stat.substr(0, stat.find('\n')))};
  std::string name;
  // user nice system idle iowait irq softirq steal; guest time is in user already.
  std::uint64_t ticks[8] = {};
  in >> name;
  for (auto& value : ticks)
    in >> value;
  if (!in || name != "cpu")
    return std::nullopt;
  MachineTime result;
  result.idle = ticks[3] + ticks[4];
  for (auto value : ticks)
    result.total += value;
  return result;
}

std::optional<MachineTime> machine_time() {
  auto text = contents("/proc/stat");
  return text ? parse_machine_time(*text) : std::nullopt;
}

std::optional<double> idle_percent(const MachineTime& from, const MachineTime& to) {
  if (to.total <= from.total)
    return std::nullopt;
  return 100 * static_cast<double>(to.idle - from.idle) /
         static_cast<double>(to.total - from.total);
}

std::optional<Load> parse_process_load(std::string_view stat, long ticks_per_second,
                                       long page_size) {
  // The name, in parentheses, may hold anything: fields are counted behind it.
  auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos)
    return std::nullopt;
  std::istringstream in{std::string(stat.substr(name_end + 1))};
  std::string skipped;
  std::int64_t user = 0, system = 0, pages = 0;
  for (int field = 3; field < 14; ++field)
    in >> skipped;
  in >> user >> system;
  for (int field = 16; field < 24; ++field)
    in >> skipped;
  in >> pages;
  if (!in)
    return std::nullopt;
  Load load;
  load.at = std::chrono::steady_clock::now();
  load.cpu = std::chrono::nanoseconds((user + system) * (1'000'000'000 / ticks_per_second));
  load.rss = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size);
  return load;
}

std::optional<Load> process_load(pid_t pid) {
  auto text = contents("/proc/" + std::to_string(pid) + "/stat");
  if (!text)
    return std::nullopt;
  return parse_process_load(*text, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}

} // namespace p2plive::bench
