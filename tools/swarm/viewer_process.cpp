// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/viewer_process.h"

#include "processes/services.h"
#include "swarm/cpu.h"
#include "swarm/lines.h"

#include <csignal>
#include <unistd.h>

namespace p2plive::bench {

namespace {

std::string nanoseconds_text(Seconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
}

std::vector<std::string> properties(const Options& options, const Addresses& addresses,
                                    const std::string& token) {
  std::vector<std::string> result = {"uri=" + addresses.stream, "user-agent=" + token,
                                     "local-address=127.0.0.1"};
  if (!addresses.index.empty())
    result.push_back("index-uri=" + addresses.index);
  if (options.live_delay)
    result.push_back("live-delay=" + nanoseconds_text(*options.live_delay));
  if (options.lead)
    result.push_back("lead=" + nanoseconds_text(*options.lead));
  if (options.upload_limit)
    result.push_back("upload-limit=" + std::to_string(*options.upload_limit * 1000));
  return result;
}

} // namespace

tl::expected<ViewerProcess, std::string>
ViewerProcess::start(unsigned number, const Options& options, const Addresses& addresses,
                     const Layout& layout, const std::filesystem::path& folder) {
  ViewerProcess viewer;
  viewer.record_.number = number;
  viewer.record_.token = "p2plive-swarm/viewer-" + std::to_string(number);
  viewer.record_.asked = std::chrono::steady_clock::now();
  viewer.log_ = folder / (viewer.record_.name() + ".log");
  processes::SpawnOptions spawn;
  spawn.argv = {layout.viewer.string()};
  if (!options.decode)
    spawn.argv.push_back("--no-decode");
  for (auto& property : properties(options, addresses, viewer.record_.token))
    spawn.argv.push_back(std::move(property));
  spawn.environment = layout.environment;
  // Its plugins were looked up once for all, before the first viewer.
  spawn.environment.emplace_back("GST_REGISTRY", (folder / "gstreamer-registry").string());
  spawn.environment.emplace_back("GST_REGISTRY_UPDATE", "no");
  spawn.log = viewer.log_;
  spawn.pipe_output = true;
  auto process = processes::ChildProcess::spawn(spawn);
  if (!process)
    return tl::make_unexpected(process.error());
  viewer.process_ = std::move(*process);
  return viewer;
}

void ViewerProcess::read() {
  char buffer[16384];
  for (;;) {
    auto size = ::read(process_.output(), buffer, sizeof buffer);
    if (size <= 0)
      break;
    unread_.append(buffer, static_cast<std::size_t>(size));
  }
  std::size_t begin = 0;
  for (auto end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n', begin)) {
    auto line = std::string_view(unread_).substr(begin, end - begin);
    if (!take_line(record_, line) && record_.trouble.empty())
      record_.trouble = "said what makes no sense: " + std::string(line);
    begin = end + 1;
  }
  unread_.erase(0, begin);
}

void ViewerProcess::measure() {
  if (process_.alive())
    if (auto load = process_load(process_.pid()))
      record_.loads.push_back(*load);
}

void ViewerProcess::ask_to_leave() {
  record_.meant_to_leave = true;
  process_.send_signal(SIGTERM);
}

void ViewerProcess::kill() {
  record_.meant_to_leave = record_.faulted = true;
  process_.kill();
}

bool ViewerProcess::gone() {
  if (process_.alive())
    return false;
  note_end();
  return true;
}

void ViewerProcess::finish(std::chrono::milliseconds deadline) {
  auto until = std::chrono::steady_clock::now() + deadline;
  // It must not block on a full pipe while it says its last.
  while (process_.alive() && std::chrono::steady_clock::now() < until) {
    read();
    process_.wait(std::chrono::milliseconds(20));
  }
  if (process_.alive()) {
    process_.kill();
    record_.meant_to_leave = false; // To hang is trouble, too.
  }
  note_end();
}

void ViewerProcess::note_end() {
  if (std::exchange(noted_, true))
    return;
  read();
  record_.left = std::chrono::steady_clock::now();
  auto ended = process_.ending();
  // A stall that went on when it was killed.
  if (!record_.samples.empty() && record_.samples.back().stalled.count() && !(ended && ended->ok()))
    record_.stalls.push_back({record_.samples.back().at - record_.samples.back().stalled,
                              record_.samples.back().stalled});
  // Whoever is asked before it has begun to listen for that cannot do it in good order.
  bool orderly = ended && (ended->ok() || (ended->signal == SIGTERM && record_.samples.empty()));
  bool as_asked = record_.faulted || (record_.meant_to_leave && orderly);
  if (as_asked || !ended)
    return;
  auto tail = processes::log_tail(log_, 6);
  record_.trouble = (record_.trouble.empty() ? "" : record_.trouble + "; ") + ended->describe() +
                    (tail.empty() ? "" : ":\n" + tail);
}

} // namespace p2plive::bench
