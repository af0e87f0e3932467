// The live output: a line for each viewer, drawn over itself on a terminal, repeated now and then
// elsewhere.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <cstdio>

namespace p2plive::bench {

/// One line about a viewer, as it stands at `now`.
std::string viewer_line(const ViewerRecord& viewer, Instant now);

class Table {
public:
  explicit Table(std::FILE* out);

  /// Tells what is going on, for as long as there are no viewers.
  void note(const std::string& text);
  /// The whole table, when it is time again. `progress`: "31 of 60 s".
  void draw(const std::vector<const ViewerRecord*>& viewers, const std::string& progress);
  /// The last one stays.
  void finish();

private:
  void print(const std::vector<std::string>& lines);

  std::FILE* out_;
  bool terminal_;
  std::size_t drawn_ = 0; ///< lines to draw over
  Instant last_;
};

} // namespace p2plive::bench
