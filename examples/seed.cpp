// Serves a live stream to those who watch it, and shows it to nobody: one more viewer with a good
// uplink, for a machine without a screen. Says once a second what it served; Ctrl-C ends it.
//
//   c++ -std=c++20 seed.cpp $(pkg-config --cflags --libs p2plive) -o seed
//   ./seed --upload-limit 20000 --max-peers 40 https://cdn.example/live.m3u8 https://p2p.example/
//
// SPDX-License-Identifier: LGPL-2.1-or-later
#include <p2plive/viewer.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

constexpr char usage[] = R"(usage: seed [OPTIONS] ADDRESS INDEX
Serves the live stream of the HLS playlist ADDRESS to viewers that the Index service INDEX knows.
  --upload-limit KBIT   kilobits a second sent at most, all viewers together (no limit)
  --max-peers COUNT     viewers served at a time, at most (60)
  --duration SECONDS    ends after so long (never)
)";

volatile std::sig_atomic_t stopped = 0;

struct Job {
  p2plive::ViewerOptions viewer;
  Clock::time_point end = Clock::time_point::max();
};

/// A whole number, and nothing after it.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return {};
  return value;
}

/// None where it is not what `usage` says.
std::optional<Job> parse(int argc, char** argv) {
  Job job;
  int at = 1;
  for (; at + 1 < argc && std::string_view(argv[at]).starts_with("--"); at += 2) {
    const std::string_view name = argv[at];
    const auto value = number(argv[at + 1]);
    if (!value)
      return {};
    if (name == "--upload-limit")
      job.viewer.upload_limit = *value * std::uint64_t(1000);
    else if (name == "--max-peers")
      job.viewer.max_peers = *value;
    else if (name == "--duration")
      job.end = Clock::now() + std::chrono::seconds(*value);
    else
      return {};
  }
  if (argc - at != 2)
    return {};
  job.viewer.uri = argv[at];
  job.viewer.index_uri = argv[at + 1];
  return job;
}

double megabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

void print(const char* what, const p2plive::ViewerStatistics& figures) {
  std::printf(
      "%s %.2f MB to viewers  connected with %u  got %.2f MB from CDN, %.2f MB from peers\n", what,
      megabytes(figures.upload_bytes), figures.peers, megabytes(figures.cdn_bytes),
      megabytes(figures.peer_bytes));
  std::fflush(stdout);
}

/// Takes the stream as it comes, since what is taken makes room for what follows, and throws it
/// away: the viewer itself serves others what it has. The exit code.
int serve(p2plive::Viewer& viewer, Clock::time_point end) {
  using namespace std::chrono_literals;
  auto next_print = Clock::now() + 1s;
  while (!stopped && Clock::now() < end) {
    const auto output = viewer.pop({}, std::min(next_print, end));
    if (const auto* error = std::get_if<p2plive::Error>(&output)) {
      std::fprintf(stderr, "%s (%s)\n", error->message.c_str(), error->detail.c_str());
      return 1;
    }
    if (std::holds_alternative<p2plive::EndOfStream>(output))
      break;
    if (Clock::now() >= next_print) {
      print("served", viewer.statistics());
      next_print += 1s;
    }
  }
  print("served in all", viewer.statistics());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const auto job = parse(argc, argv);
  if (!job) {
    std::fputs(usage, stderr);
    return 2;
  }
  const auto opened = p2plive::Viewer::open(job->viewer);
  if (const auto* error = std::get_if<p2plive::Error>(&opened)) {
    std::fprintf(stderr, "%s\n", error->message.c_str());
    return 2;
  }
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGTERM, [](int) { stopped = 1; });
  return serve(*std::get<std::unique_ptr<p2plive::Viewer>>(opened), job->end);
}
