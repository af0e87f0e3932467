// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/command_line.h"

#include <cmath>
#include <getopt.h>
#include <vector>

namespace p2plive::console {

Usage wrong_usage(const std::string& program, const std::string& why) {
  return {program + ": " + why + "\nTry " + program + " --help\n", true};
}

std::optional<Usage> parse_command_line(int argc, char** argv, const std::string& program,
                                        const std::string& help, const OptionTable& table) {
  std::vector<option> longs;
  for (const auto& [name, known] : table)
    longs.push_back({name.c_str(), known.argument ? 1 : 0, nullptr, 0});
  longs.push_back({"help", 0, nullptr, 'h'});
  longs.push_back({});

  optind = 0;
  opterr = 0;
  for (;;) {
    int index = -1;
    int given = getopt_long(argc, argv, "h", longs.data(), &index);
    if (given == -1)
      break;
    if (given == 'h')
      return Usage{help, false};
    if (given != 0)
      return wrong_usage(program, "not understood: " + std::string(argv[optind - 1]));
    std::string name = longs[static_cast<std::size_t>(index)].name, text = optarg ? optarg : "";
    if (!table.at(name).set(text))
      return wrong_usage(program, "--" + name + " cannot be '" + text + "'");
  }
  if (optind < argc)
    return wrong_usage(program, "not understood: " + std::string(argv[optind]));
  return {};
}

bool parse_share(const std::string& text, double& value) {
  return parse_number(text, value) && value >= 0 && value <= 1;
}

bool parse_seconds(const std::string& text, Seconds& value) {
  double number = 0;
  if (!parse_number(text, number) || !(number >= 0 && number < 1e6))
    return false;
  value = Seconds(number);
  return true;
}

bool parse_seconds(const std::string& text, std::optional<Seconds>& value) {
  return parse_seconds(text, value.emplace());
}

bool parse_bits(std::string text, std::uint64_t& value) {
  double factor = 1;
  if (!text.empty() && (text.back() == 'k' || text.back() == 'M')) {
    factor = text.back() == 'k' ? 1e3 : 1e6;
    text.pop_back();
  }
  double number = 0;
  if (!parse_number(text, number) || !(number > 0 && number * factor <= 1e9))
    return false;
  value = static_cast<std::uint64_t>(std::llround(number * factor));
  return true;
}

} // namespace p2plive::console
