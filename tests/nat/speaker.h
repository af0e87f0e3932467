// A child process of a test that speaks in lines on its standard output.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "network_namespace.h"

#include "processes/child_process.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace p2plive::test {

class Speaker {
public:
  /// Starts it in a namespace. Throws std::runtime_error.
  Speaker(const NetworkNamespace& where, std::vector<std::string> argv,
          const std::filesystem::path& log) {
    processes::SpawnOptions options;
    options.argv = std::move(argv);
    options.log = log;
    options.pipe_output = true;
    NetworkNamespace::Inside inside(where);
    auto started = processes::ChildProcess::spawn(options);
    if (!started)
      throw std::runtime_error(started.error());
    process_ = std::move(*started);
  }

  /// The next line, without its end; none: there was none within `patience`, or it has ended.
  std::optional<std::string> line(std::chrono::milliseconds patience) {
    auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (auto end = text_.find('\n'); end != std::string::npos) {
        auto line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      auto left = std::max<std::chrono::milliseconds>(
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()),
          std::chrono::milliseconds(0));
      pollfd readable{process_.output(), POLLIN, 0};
      if (ended_ || poll(&readable, 1, static_cast<int>(left.count())) <= 0)
        return {};
      char bytes[4096];
      auto size = read(process_.output(), bytes, sizeof bytes);
      ended_ = size == 0;
      text_.append(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
    }
  }

  processes::ChildProcess& process() { return process_; }

private:
  processes::ChildProcess process_;
  std::string text_;
  bool ended_ = false;
};

} // namespace p2plive::test
