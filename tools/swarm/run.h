// One run: starts everything, lets the viewers join, watches until the end, and judges.
//
// Main thread only: its children are bound to the thread that spawns them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/temporary_directory.h"
#include "swarm/cpu.h"
#include "swarm/interrupts.h"
#include "swarm/outcome.h"
#include "swarm/segment_archive.h"
#include "swarm/table.h"
#include "swarm/world.h"

#include <list>

namespace p2plive::bench {

class Run {
public:
  explicit Run(const Options& options);

  /// An error: the run could not begin; a sentence for a person.
  tl::expected<Outcome, std::string> perform();

  const std::filesystem::path& folder() const { return folder_.path(); }

private:
  using Failure = tl::expected<void, std::string>;

  Failure check_viewer_program();
  Failure wait_for_stream();
  Failure join_all();
  void watch();
  void tick();
  void apply_plan();
  void apply_churn(Seconds passed);
  void apply_joins();
  void apply_fault(const std::string& name);
  void bring_back(const std::string& name);
  Failure join(bool initial, Pair pair = Pair::none);
  void draw();
  void stop();
  Outcome verdict();

  /// Waits for viewers' words or a signal, at most so long; false: interrupted.
  bool wait(std::chrono::milliseconds longest);
  Seconds passed() const; ///< since the last initial join

  Options options_;
  processes::TemporaryDirectory folder_;
  Layout layout_;
  Interrupts interrupts_;
  World world_;
  std::optional<SegmentArchive> archive_;
  Table table_;
  std::list<ViewerProcess> viewers_;
  unsigned next_number_ = 1;

  RunRecord record_;
  std::optional<MachineTime> machine_begin_, machine_steady_, machine_end_;
  std::vector<std::string> casualties_;
  bool interrupted_ = false;
  Instant last_tick_;
  struct Step {
    Seconds at;
    std::string name;
    bool back;
  };
  std::vector<Step> plan_; ///< faults and returns that are still to come, in order
  unsigned churns_ = 0, joins_ = 0;
};

} // namespace p2plive::bench
