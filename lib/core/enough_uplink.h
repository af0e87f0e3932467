// Whether those near can upload, in the mean, what the stream takes. Then all can be served in
// time, and each request counts; where they cannot, somebody has to ask the CDN, and who passes
// most on should not be the one.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/neighbour.h"

namespace p2plive::core {

/// `bitrate` is the stream's, in bytes a second; 0: not known. As long as nothing is known there is
/// enough.
bool enough_uplink(const Neighbours& neighbours, double bitrate);

} // namespace p2plive::core
