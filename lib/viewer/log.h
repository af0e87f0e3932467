// What a part of the viewer says of what it does: ViewerOptions::log.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <functional>
#include <string>
#include <utility>

namespace p2plive::viewer {

/// Copied into whatever says something; on the network thread. One that was made of nothing is
/// silent.
class Log {
public:
  using Area = LogLine::Area;
  using Sink = std::function<void(const LogLine&)>;

  Log() = default;
  Log(Sink sink, Area area) : sink_(std::move(sink)), area_(area) {}

  /// Something is wrong; playback copes with it, or will not.
  void warning(std::string text) const { say(LogLine::Level::warning, std::move(text)); }
  void warning(const Error& error) const {
    warning(error.message + (error.detail.empty() ? "" : " (" + error.detail + ")"));
  }
  /// What an operator would want to know.
  void info(std::string text) const { say(LogLine::Level::info, std::move(text)); }
  /// Every request.
  void debug(std::string text) const { say(LogLine::Level::debug, std::move(text)); }

private:
  void say(LogLine::Level level, std::string text) const {
    if (sink_)
      sink_({level, area_, std::move(text)});
  }

  Sink sink_;
  Area area_{};
};

} // namespace p2plive::viewer
