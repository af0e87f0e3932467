// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/progress_line.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

namespace p2plive::console {

namespace {

constexpr std::size_t bar_width = 16;

std::string bar(double done) {
  auto full = static_cast<std::size_t>(std::clamp(done, 0.0, 1.0) * bar_width);
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * done);
  return "[" + std::string(full, '#') + std::string(bar_width - full, ' ') + "] " + percent;
}

} // namespace

void ProgressLine::show(double done, const std::string& text, Clock::time_point now) {
  if (columns_ == 0 || now - begin_ < patience || (drawn_ > 0 && now - drawn_at_ < between))
    return;
  auto line = bar(done) + "  " + text;
  line.resize(std::min(line.size(), columns_ - 1));
  auto length = line.size();
  line.resize(std::max(length, drawn_), ' '); // over what was there
  std::fprintf(out_, "\r%s", line.c_str());
  std::fflush(out_);
  drawn_ = length;
  drawn_at_ = now;
}

void ProgressLine::clear() {
  if (drawn_ > 0)
    std::fprintf(out_, "\r%*s\r", static_cast<int>(drawn_), "");
  std::fflush(out_);
  drawn_ = 0;
}

std::size_t terminal_columns(std::FILE* out) {
  if (!isatty(fileno(out)))
    return 0;
  winsize size{};
  return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace p2plive::console
