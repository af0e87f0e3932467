// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/outcome.h"

#include <cstdio>

namespace p2plive::bench {

namespace {

constexpr double least_idle_percent = 15;
constexpr std::size_t least_segments = 20;
// Who was there for less may not have got a whole segment, or shown anything, yet.
constexpr auto long_enough = std::chrono::seconds(10);

bool there_long_enough(const RunRecord& run, const ViewerRecord& viewer) {
  return viewer.left.value_or(run.end) - viewer.asked >= long_enough;
}

void judge_viewers(Outcome& outcome, const RunRecord& run) {
  for (const auto& viewer : run.viewers) {
    if (!viewer.trouble.empty()) {
      outcome.why.push_back(viewer.name() + " failed");
      outcome.troubles.push_back(viewer.name() + ": " + viewer.trouble);
    } else if (!viewer.first_frame && there_long_enough(run, viewer)) {
      outcome.why.push_back(viewer.name() + " never showed a frame");
    }
  }
}

void judge_figures(Outcome& outcome, const Circumstances& circumstances) {
  char text[160];
  if (!circumstances.idle_steady) {
    outcome.why.push_back("it ended before the steady window had begun");
  } else if (*circumstances.idle_steady < least_idle_percent) {
    std::snprintf(text, sizeof text, "the machine was too busy: %.0f %% idle, %.0f %% are needed",
                  *circumstances.idle_steady, least_idle_percent);
    outcome.why.push_back(text);
  }
  if (outcome.steady.segments < least_segments) {
    std::snprintf(text, sizeof text,
                  "too short: %zu segments in the steady window, %zu are needed (--seconds)",
                  outcome.steady.segments, least_segments);
    outcome.why.push_back(text);
  }
}

void check_output(Outcome& outcome, const RunRecord& run, const ReferenceOf& reference) {
  outcome.verified = 0;
  for (const auto& viewer : run.viewers) {
    if (viewer.segments.empty() && !there_long_enough(run, viewer))
      continue;
    auto fault = fault_in_output(viewer, reference);
    if (!there_long_enough(run, viewer) && fault == no_whole_segment)
      continue;
    ++outcome.to_verify;
    if (fault.empty())
      ++*outcome.verified;
    else
      outcome.verify_faults.push_back(viewer.name() + ": " + fault);
  }
}

} // namespace

int Outcome::exit_code() const {
  bool verified_all = !verified || (to_verify > 0 && *verified == to_verify);
  return valid() && whole.stalls == 0 && verified_all ? 0 : 1;
}

Outcome judge(const RunRecord& run, const Circumstances& circumstances,
              const ReferenceOf& reference) {
  Outcome outcome;
  outcome.options = circumstances.options;
  outcome.idle_whole = circumstances.idle_whole;
  outcome.idle_steady = circumstances.idle_steady;
  outcome.whole = whole_figures(run);
  outcome.whole.seconds = std::chrono::duration<double>(run.end - run.begin).count();
  outcome.joins = join_figures(run);
  auto steady_begin = run.last_join + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          circumstances.options.steady);
  if (steady_begin < run.end)
    outcome.steady = steady_figures(run, {steady_begin, run.end});
  if (circumstances.interrupted)
    outcome.why.push_back("it was interrupted");
  judge_viewers(outcome, run);
  for (const auto& casualty : circumstances.casualties) {
    outcome.why.push_back(casualty.substr(0, casualty.find('\n')));
    outcome.troubles.push_back(casualty);
  }
  if (circumstances.unreadable_log_lines)
    outcome.why.push_back("the CDN's log has lines that make no sense");
  judge_figures(outcome, circumstances);
  if (circumstances.options.verify)
    check_output(outcome, run, reference);
  return outcome;
}

} // namespace p2plive::bench
