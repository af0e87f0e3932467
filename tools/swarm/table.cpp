// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/table.h"

#include <unistd.h>

namespace p2plive::bench {

namespace {

constexpr auto terminal_interval = std::chrono::milliseconds(500);
constexpr auto log_interval = std::chrono::seconds(10);
constexpr const char* header =
    "viewer      peers  buffer   from CDN       from peers  uploaded  stalls  delay";

double mega(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string delay_of(const ViewerRecord& viewer) {
  if (viewer.frames.empty() || !viewer.frames.back().start)
    return "-";
  const auto& frame = viewer.frames.back();
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s",
                in_seconds(frame.wall - (*frame.start + frame.offset)));
  return text;
}

std::string state_of(const ViewerRecord& viewer, const Sample& sample) {
  if (viewer.left)
    return viewer.trouble.empty() ? "  left" : "  FAILED";
  if (!viewer.first_frame)
    return "  starting";
  return sample.stalled.count() ? "  STALLED" : "";
}

} // namespace

std::string viewer_line(const ViewerRecord& viewer, Instant) {
  Sample sample;
  if (!viewer.samples.empty())
    sample = viewer.samples.back();
  auto received = sample.cdn_bytes + sample.peer_bytes;
  double share = received ? 100 * mega(sample.cdn_bytes) / mega(received) : 0;
  auto stalls = viewer.stalls.size() + (sample.stalled.count() && !viewer.left ? 1 : 0);
  char text[200];
  std::snprintf(text, sizeof text,
                "%-10s %6u %5.1f s %7.1f MB %3.0f %% %9.1f MB %6.1f MB %7zu %6s%s",
                viewer.name().c_str(), sample.peers, in_seconds(sample.buffer),
                mega(sample.cdn_bytes), share, mega(sample.peer_bytes), mega(sample.upload_bytes),
                stalls, delay_of(viewer).c_str(), state_of(viewer, sample).c_str());
  return text;
}

Table::Table(std::FILE* out) : out_(out), terminal_(isatty(fileno(out))) {}

void Table::note(const std::string& text) {
  if (terminal_)
    std::fprintf(out_, "\r\033[K%s", text.c_str());
  else if (auto now = std::chrono::steady_clock::now(); now - last_ > std::chrono::seconds(5)) {
    std::fprintf(out_, "%s\n", text.c_str());
    last_ = now;
  }
  std::fflush(out_);
}

void Table::draw(const std::vector<const ViewerRecord*>& viewers, const std::string& progress) {
  auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? terminal_interval : std::chrono::milliseconds(log_interval)))
    return;
  last_ = now;
  std::vector<std::string> lines = {progress, header};
  for (const auto* viewer : viewers)
    lines.push_back(viewer_line(*viewer, now));
  print(lines);
}

void Table::print(const std::vector<std::string>& lines) {
  if (terminal_) {
    if (drawn_)
      std::fprintf(out_, "\033[%zuA", drawn_);
    for (const auto& line : lines)
      std::fprintf(out_, "\r\033[K%s\n", line.c_str());
    // Viewers that have left may leave lines behind.
    std::fprintf(out_, "\033[J");
    drawn_ = lines.size();
  } else {
    for (const auto& line : lines)
      std::fprintf(out_, "%s\n", line.c_str());
  }
  std::fflush(out_);
}

void Table::finish() {
  drawn_ = 0;
  std::fprintf(out_, "\n");
  std::fflush(out_);
}

} // namespace p2plive::bench
