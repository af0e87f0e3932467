// The verdict on a run.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/accounting.h"
#include "swarm/joins.h"
#include "swarm/options.h"
#include "swarm/verify.h"

namespace p2plive::bench {

struct Outcome {
  Options options;
  Figures whole, steady;
  JoinFigures joins;
  std::optional<double> idle_whole, idle_steady; ///< percent of the machine
  std::optional<unsigned>
      verified;           ///< viewers whose output is what the CDN serves; none: not asked
  unsigned to_verify = 0; ///< that were there long enough
  std::vector<std::string> verify_faults;
  std::vector<std::string> why;      ///< it is not valid; empty: it is
  std::vector<std::string> troubles; ///< what a viewer or a process said at its untimely end

  bool valid() const { return why.empty(); }
  int exit_code() const;
};

/// What the run itself knows, beside the record.
struct Circumstances {
  Options options;
  std::optional<double> idle_whole, idle_steady;
  std::vector<std::string> casualties; ///< processes that ended without having been asked to
  bool interrupted = false;
  std::size_t unreadable_log_lines = 0;
};

/// `reference` is used with options.verify only.
Outcome judge(const RunRecord& run, const Circumstances& circumstances,
              const ReferenceOf& reference);

/// The figures for programs: one object, members in the order of scheduling.md.
std::string to_json(const Outcome& outcome);

/// The figures for people.
std::string to_words(const Outcome& outcome);

} // namespace p2plive::bench
