// What the viewer says of what it does, as GStreamer's log.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <functional>
#include <string>

namespace p2plive::gst {

/// Categories p2plivesrc-playlist, -cdn, -peers and -quality. Once, before the first log_of().
void install_log();

/// For ViewerOptions::log; any thread. `name` is the element's, which stands before each line: the
/// element itself may be gone when the viewer says its last words.
std::function<void(const LogLine&)> log_of(std::string name);

} // namespace p2plive::gst
