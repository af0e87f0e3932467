// A line on a terminal that tells how far a long run is, drawn over itself.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace p2plive::console {

class ProgressLine {
public:
  using Clock = std::chrono::steady_clock;
  /// Shorter runs are not worth a line.
  static constexpr std::chrono::seconds patience{2};
  static constexpr std::chrono::milliseconds between{200}; ///< two drawings

  /// Nothing is drawn where `out` is not a terminal of `columns`; 0: it is none.
  ProgressLine(std::FILE* out, std::size_t columns, Clock::time_point begin)
      : out_(out), columns_(columns), begin_(begin) {}

  /// `done` is a share; `text` stands behind the bar and is cut where the terminal ends.
  void show(double done, const std::string& text, Clock::time_point now);
  /// Leaves an empty line for whatever is printed next.
  void clear();

private:
  std::FILE* out_;
  std::size_t columns_;
  Clock::time_point begin_;
  Clock::time_point drawn_at_;
  std::size_t drawn_ = 0; ///< characters
};

/// Of the terminal that `out` is; 0 when it is none.
std::size_t terminal_columns(std::FILE* out);

} // namespace p2plive::console
