// The signals of p2plivesrc: who it exchanges the stream with.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

void install_signals(GType element);

/// From the streaming thread, without a lock of ours.
void emit(GstElement* element, const PeerAdded& peer);
void emit(GstElement* element, const PeerRemoved& peer);

} // namespace p2plive::gst
