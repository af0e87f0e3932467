// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/run.h"

#include "swarm/cdn_log.h"
#include "swarm/encoder.h"

#include <algorithm>
#include <cmath>
#include <poll.h>

namespace p2plive::bench {

using namespace std::chrono_literals;

namespace {

constexpr auto tick_interval = 200ms;
constexpr auto join_interval = 250ms;
constexpr const char* services = "services"; // server, broker and STUN together, in the plan

Instant now() {
  return std::chrono::steady_clock::now();
}

std::string in_whole_seconds(Seconds time) {
  return std::to_string(static_cast<long>(std::floor(time.count())));
}

} // namespace

Run::Run(const Options& options)
    : options_(options), folder_("p2plive-swarm"), layout_(Layout::find()),
      world_(options, layout_, folder_.path()), table_(stderr) {
  if (options_.keep)
    folder_.keep();
  for (const auto& fault : options_.faults) {
    plan_.push_back({fault.at, fault.name, false});
    if (fault.back)
      plan_.push_back({*fault.back, fault.name, true});
  }
  if (options_.services_from)
    plan_.push_back({*options_.services_from, services, true});
  std::stable_sort(plan_.begin(), plan_.end(),
                   [](const Step& a, const Step& b) { return a.at < b.at; });
}

tl::expected<Outcome, std::string> Run::perform() {
  if (auto checked = check_viewer_program(); !checked)
    return tl::make_unexpected(checked.error());
  if (auto started = world_.start(); !started)
    return tl::make_unexpected(started.error());
  if (world_.own_stream())
    archive_.emplace(world_.served(), playlist_name, folder_ / "archive");
  if (auto ready = wait_for_stream(); !ready)
    return tl::make_unexpected(ready.error());
  if (auto joined = join_all(); !joined)
    return tl::make_unexpected(joined.error());
  watch();
  stop();
  return verdict();
}

Run::Failure Run::check_viewer_program() {
  processes::SpawnOptions spawn;
  spawn.argv = {layout_.viewer.string()};
  if (!options_.decode)
    spawn.argv.push_back("--no-decode");
  spawn.argv.push_back("--check");
  spawn.environment = layout_.environment;
  spawn.environment.emplace_back("GST_REGISTRY", (folder_ / "gstreamer-registry").string());
  if (P2PLIVE_SANITIZED) // GStreamer's scanner cannot load a plugin that has a sanitizer in it.
    spawn.environment.emplace_back("GST_REGISTRY_FORK", "no");
  spawn.log = folder_ / "check.log";
  auto process = processes::ChildProcess::spawn(spawn);
  if (!process)
    return tl::make_unexpected(process.error());
  auto ended = process->wait(60s);
  if (ended && ended->ok())
    return {};
  return tl::make_unexpected(
      "the viewer program does not work: " + (ended ? ended->describe() : "no answer") + "\n" +
      processes::log_tail(spawn.log));
}

Run::Failure Run::wait_for_stream() {
  if (!archive_)
    return {};
  // Viewers join a stream that has been running for a while: its window is full.
  auto until = now() +
               std::chrono::duration_cast<std::chrono::nanoseconds>(options_.segment *
                                                                    (options_.window + 1)) +
               20s;
  for (;;) {
    archive_->poll();
    auto have = archive_->segments().size();
    if (have >= options_.window)
      return {};
    table_.note("Waiting for the live stream: " + std::to_string(have) + " of " +
                std::to_string(options_.window) + " segments");
    auto casualties = world_.casualties();
    if (!casualties.empty() || now() > until)
      return tl::make_unexpected(
          (casualties.empty() ? "the encoder is too slow" : casualties.front()) + ":\n" +
          processes::log_tail(folder_ / "encoder.log"));
    if (!wait(tick_interval))
      return tl::make_unexpected("interrupted before the first viewer joined");
  }
}

Run::Failure Run::join_all() {
  record_.begin = now();
  machine_begin_ = machine_time();
  for (unsigned i = 0; i < options_.viewers && !interrupted_; ++i) {
    if (i)
      for (auto until = now() + join_interval; now() < until && !interrupted_;)
        wait(std::chrono::ceil<std::chrono::milliseconds>(until - now()));
    if (auto joined = join(true); !joined)
      return joined;
  }
  record_.last_join = now();
  return {};
}

Run::Failure Run::join(bool initial, Pair pair) {
  auto addresses = world_.addresses();
  if (pair == Pair::alone)
    addresses.index.clear();
  auto viewer = ViewerProcess::start(next_number_, options_, addresses, layout_, folder_.path());
  if (!viewer)
    return tl::make_unexpected(viewer.error());
  ++next_number_;
  viewer->record().initial = initial;
  viewer->record().pair = pair;
  viewers_.push_back(std::move(*viewer));
  return {};
}

Seconds Run::passed() const {
  return now() - record_.last_join;
}

void Run::watch() {
  while (passed() < options_.seconds && wait(tick_interval)) {
  }
  interrupted_ |= passed() < options_.seconds;
  record_.end = now();
  machine_end_ = machine_time();
}

bool Run::wait(std::chrono::milliseconds longest) {
  std::vector<pollfd> descriptors = {{interrupts_.descriptor(), POLLIN, 0}};
  for (auto& viewer : viewers_)
    if (!viewer.gone())
      descriptors.push_back({viewer.output(), POLLIN, 0});
  auto until_tick =
      std::chrono::ceil<std::chrono::milliseconds>(last_tick_ + tick_interval - now());
  auto timeout = std::clamp(until_tick, 1ms, std::max(1ms, longest));
  poll(descriptors.data(), descriptors.size(), static_cast<int>(timeout.count()));
  for (auto& viewer : viewers_)
    viewer.read();
  if (now() - last_tick_ >= tick_interval)
    tick();
  interrupted_ |= interrupts_.taken();
  return !interrupted_;
}

void Run::tick() {
  last_tick_ = now();
  if (archive_)
    archive_->poll();
  if (viewers_.empty() || record_.last_join == Instant{})
    return;
  for (auto& viewer : viewers_)
    viewer.measure();
  for (auto& casualty : world_.casualties())
    casualties_.push_back(std::move(casualty));
  if (!machine_steady_ && passed() >= options_.steady)
    machine_steady_ = machine_time();
  apply_plan();
  apply_churn(passed());
  apply_joins();
  draw();
}

void Run::apply_plan() {
  while (!plan_.empty() && passed() >= plan_.front().at) {
    auto step = plan_.front();
    plan_.erase(plan_.begin());
    if (step.back)
      bring_back(step.name);
    else
      apply_fault(step.name);
  }
}

void Run::apply_fault(const std::string& name) {
  if (name.rfind("viewer", 0) != 0)
    return world_.begin_fault(name);
  for (auto viewer = viewers_.rbegin(); viewer != viewers_.rend(); ++viewer)
    if (!viewer->gone() && (name == "viewer" || name == viewer->record().name()))
      return viewer->kill();
}

void Run::bring_back(const std::string& name) {
  Failure result;
  if (name.rfind("viewer", 0) == 0)
    result = join(false);
  else
    result = name == services ? world_.start_services() : world_.end_fault(name);
  if (!result)
    casualties_.push_back(result.error());
}

void Run::apply_churn(Seconds passed) {
  if (!options_.churn || passed < options_.churn->every * (churns_ + 1))
    return;
  ++churns_;
  // Who came first by churn leaves first; at the beginning the last of those who were there.
  std::vector<ViewerProcess*> joined, initial;
  for (auto& viewer : viewers_)
    if (!viewer.gone() && !viewer.record().meant_to_leave && viewer.record().pair == Pair::none)
      (viewer.record().initial ? initial : joined).push_back(&viewer);
  std::reverse(initial.begin(), initial.end());
  for (unsigned i = 0; i < options_.churn->count; ++i) {
    auto& from = joined.empty() ? initial : joined;
    if (from.empty())
      break;
    from.front()->record().churned = true;
    from.front()->ask_to_leave();
    from.erase(from.begin());
  }
  for (unsigned i = 0; i < options_.churn->count; ++i)
    if (auto result = join(false); !result)
      casualties_.push_back(result.error());
}

void Run::apply_joins() {
  if (!options_.joins)
    return;
  for (auto& viewer : viewers_) {
    const auto& record = viewer.record();
    if (record.pair != Pair::none && !record.meant_to_leave && !viewer.gone() &&
        now() - record.asked >= pair_stays)
      viewer.ask_to_leave();
  }
  // Who would not be there for long enough does not come.
  if (passed() < options_.steady + options_.joins->every * joins_ ||
      passed() + pair_stays + 500ms > options_.seconds)
    return;
  // Who starts first finds the machine idle: that is each of the two by turns.
  bool alone_first = joins_++ % 2;
  for (unsigned i = 0; i < options_.joins->count; ++i)
    for (bool alone : {alone_first, !alone_first})
      if (auto result = join(false, alone ? Pair::alone : Pair::sharing); !result)
        casualties_.push_back(result.error());
}

void Run::draw() {
  std::vector<const ViewerRecord*> present;
  for (auto& viewer : viewers_)
    // Those who came and have left well would fill the screen.
    if (!viewer.gone() || !viewer.record().trouble.empty() || !(options_.churn || options_.joins))
      present.push_back(&viewer.record());
  table_.draw(present, in_whole_seconds(passed()) + " of " + in_whole_seconds(options_.seconds) +
                           " s" + (passed() < options_.steady ? ", warming up" : ""));
}

void Run::stop() {
  table_.finish();
  for (auto& viewer : viewers_)
    if (!viewer.gone())
      viewer.ask_to_leave();
  for (auto& viewer : viewers_)
    viewer.finish(10s);
  // The CDN logs a request when it is over; those of the viewers now are.
  world_.stop();
}

Outcome Run::verdict() {
  Circumstances circumstances;
  circumstances.options = options_;
  circumstances.casualties = casualties_;
  circumstances.interrupted = interrupted_;
  if (machine_begin_ && machine_end_)
    circumstances.idle_whole = idle_percent(*machine_begin_, *machine_end_);
  if (machine_steady_ && machine_end_)
    circumstances.idle_steady = idle_percent(*machine_steady_, *machine_end_);
  for (auto& viewer : viewers_)
    record_.viewers.push_back(viewer.record());
  record_.joining = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.steady);
  record_.segment = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.segment);
  if (archive_) {
    record_.listed = archive_->segments();
    CdnLog log(world_.cdn_log());
    record_.cdn = log.read();
    circumstances.unreadable_log_lines = log.unreadable();
  }
  return judge(record_, circumstances,
               [this](MediaSequence sn, std::uint64_t size) -> std::optional<Reference> {
                 auto found = record_.listed.find(sn);
                 if (found == record_.listed.end())
                   return std::nullopt;
                 auto digest = sha256_of_file(archive_->file(sn).string(), size);
                 if (digest.empty())
                   return std::nullopt;
                 return Reference{digest, found->second.size};
               });
}

} // namespace p2plive::bench
