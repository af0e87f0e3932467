// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/sweep.h"

#include "simulation/report.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace p2plive::simulation {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out(1);
  for (char c : text)
    if (c == ',')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}

/// Of what an option takes: 0.3, 12, 500k, 4M.
std::optional<double> number(std::string text) {
  double factor = 1, value = 0;
  if (!text.empty() && (text.back() == 'k' || text.back() == 'M')) {
    factor = text.back() == 'k' ? 1e3 : 1e6;
    text.pop_back();
  }
  if (!console::parse_number(text, value))
    return {};
  return value * factor;
}

tl::expected<Options, console::Usage> parse_with(int argc, char** argv, std::string more) {
  std::vector<char*> arguments(argv, argv + argc);
  arguments.push_back(more.data());
  arguments.push_back(nullptr);
  return parse_options(argc + 1, arguments.data());
}

/// The widest value, or the option's name.
int first_column(const Sweep& sweep) {
  auto width = sweep.option.size();
  for (const auto& run : sweep.runs)
    width = std::max(width, run.value.size());
  return static_cast<int>(width);
}

} // namespace

tl::expected<Sweep, console::Usage> parse_sweep(int argc, char** argv, const std::string& asked) {
  auto refuse = [&](const std::string& why) {
    return tl::make_unexpected(
        console::wrong_usage(program_name, "--sweep cannot be '" + asked + "': " + why));
  };
  auto equals = asked.find('=');
  if (equals == std::string::npos)
    return refuse("it is OPTION=V1,V2,...");
  Sweep sweep{asked.substr(0, equals), {}};
  if (!is_quantity(sweep.option))
    return refuse("no option '" + sweep.option + "' is a number");
  for (const auto& value : split(asked.substr(equals + 1))) {
    auto is = number(value);
    if (!is)
      return refuse("'" + value + "' is no number");
    auto options = parse_with(argc, argv, "--" + sweep.option + "=" + value);
    if (!options)
      return tl::make_unexpected(options.error());
    sweep.runs.push_back({value, *is, *options});
  }
  return sweep;
}

std::string table_head(const Sweep& sweep) {
  char text[256];
  std::snprintf(text, sizeof text, "%*s %8s %8s %8s %8s %8s %9s %9s %8s %8s %8s\n",
                first_column(sweep), sweep.option.c_str(), "copies", "of base", "offload", "stalls",
                "stalled", "start-up", "p95", "delay", "twice", "overhead");
  return text;
}

std::string table_line(const Sweep& sweep, const Sweep::Run& run, const Outcome& outcome) {
  const auto& figures = outcome.steady;
  auto startup = outcome.whole.startup.value_or(sim::Percentiles{});
  char text[256];
  std::snprintf(text, sizeof text,
                "%*s %8.2f %8.2f %8.3f %8u %6.3f %% %6.0f ms %6.0f ms %6.2f s %6.1f %% %6.1f %%",
                first_column(sweep), run.value.c_str(), figures.copies, figures.copies_base,
                figures.offload, figures.stalls, 100 * figures.stall_share, 1e3 * startup.p50,
                1e3 * startup.p95, figures.delay.value_or(sim::Percentiles{}).p50,
                100 * figures.duplicate_share, 100 * figures.overhead_share);
  std::string line = text;
  for (const auto& reason : outcome.why)
    line += "  does not count: " + reason;
  return line + "\n";
}

std::string to_json(const Sweep& sweep, const std::vector<Outcome>& outcomes) {
  console::JsonWriter json;
  json.begin_array();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    json.begin_object();
    json.member("option", sweep.option);
    json.member("value", sweep.runs[i].number);
    put(json, sweep.runs[i].options, outcomes[i]);
    json.end_object();
  }
  json.end_array();
  return json.text();
}

} // namespace p2plive::simulation
