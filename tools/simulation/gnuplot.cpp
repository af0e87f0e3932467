// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/gnuplot.h"

#include <csignal>
#include <cstdio>

namespace p2plive::simulation {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

tl::expected<void, std::string> draw(const std::string& file, const std::string& commands) {
  // Where there is no gnuplot, nobody reads what is written.
  auto* before = std::signal(SIGPIPE, SIG_IGN);
  auto* pipe = popen("gnuplot", "w");
  bool drawn = pipe != nullptr;
  if (pipe) {
    std::fprintf(pipe, "set output %s\n%s", quoted(file).c_str(), commands.c_str());
    drawn = pclose(pipe) == 0;
  }
  std::signal(SIGPIPE, before);
  if (!drawn)
    return tl::make_unexpected("gnuplot did not draw " + file +
                               "; is it installed (package gnuplot-nox)?");
  return {};
}

} // namespace p2plive::simulation
