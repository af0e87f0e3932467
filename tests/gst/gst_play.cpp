// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gst_play.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

namespace p2plive::tests {

GstPlay::GstPlay(const std::string& uri) : terminal_(::posix_openpt(O_RDWR | O_NOCTTY)) {
  fail_unless(terminal_ >= 0 && ::grantpt(terminal_) == 0 && ::unlockpt(terminal_) == 0);
  processes::SpawnOptions spawn;
  // Keys are taken from a terminal only.
  spawn.argv = {"sh", "-c", "exec gst-play-1.0 \"$@\" <" + std::string(::ptsname(terminal_)), "sh"};
  for (const auto* option : {"--videosink=fakesink sync=true", "--audiosink=fakesink sync=true"})
    spawn.argv.push_back(option);
  spawn.argv.push_back(uri);
  spawn.log = directory_ / "log";
  auto process = processes::ChildProcess::spawn(spawn);
  fail_unless(process.has_value(), "%s", process ? "" : process.error().c_str());
  process_ = std::move(*process);
}

GstPlay::~GstPlay() {
  ::close(terminal_);
}

void GstPlay::press(char key) {
  fail_unless(::write(terminal_, &key, 1) == 1);
}

std::string GstPlay::output() const {
  std::ifstream in(directory_ / "log");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

double GstPlay::position() const {
  const auto text = output();
  for (auto at = text.rfind(':'); at != text.npos && at >= 4; at = text.rfind(':', at - 1)) {
    int hours = 0, minutes = 0;
    double seconds = 0;
    if (std::sscanf(text.c_str() + at - 4, "%d:%d:%lf", &hours, &minutes, &seconds) == 3)
      return hours * 3600 + minutes * 60 + seconds;
  }
  return -1;
}

bool GstPlay::wait(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until ||
        process_.wait(std::chrono::milliseconds(50)).has_value())
      return false;
  }
  return true;
}

} // namespace p2plive::tests
