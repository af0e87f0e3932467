// A program's command line: long options, each with a function that takes its value.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace p2plive::console {

using Seconds = std::chrono::duration<double>;

/// What to print instead of running.
struct Usage {
  std::string text;
  bool error; ///< else it was asked for
};

struct Option {
  bool argument;                               ///< it takes a value
  std::function<bool(const std::string&)> set; ///< false: not a value of this option
};

/// By name, without "--".
using OptionTable = std::map<std::string, Option>;

/// Gives each option of the command line to its function. `help` is what --help prints. None: all
/// was understood.
std::optional<Usage> parse_command_line(int argc, char** argv, const std::string& program,
                                        const std::string& help, const OptionTable& table);

/// The error that `why` is, as parse_command_line() words it.
Usage wrong_usage(const std::string& program, const std::string& why);

// Values. Each returns false, and leaves `value` as it may be, for what is not one.

/// All of `text` is one number.
template <typename Number>
bool parse_number(const std::string& text, Number& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// From 0 to 1.
bool parse_share(const std::string& text, double& value);
bool parse_seconds(const std::string& text, Seconds& value);
bool parse_seconds(const std::string& text, std::optional<Seconds>& value);
/// Bits a second, up to 1 Gbit/s; 500k and 4M are understood.
bool parse_bits(std::string text, std::uint64_t& value);

} // namespace p2plive::console
