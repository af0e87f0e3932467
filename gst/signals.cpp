// SPDX-License-Identifier: LGPL-2.1-or-later
#include "signals.h"

namespace p2plive::gst {
namespace {

enum Signal { signal_peer_added, signal_peer_removed, signal_count };
guint signals[signal_count];

} // namespace

void install_signals(GType element) {
  /**
   * GstP2pLiveSrc::peer-added:
   * @self: the source
   * @peer_id: the other viewer's id, hexadecimal, as `peer-id` in its #GstP2pLiveSrc:stats
   *
   * A connection to another viewer is open.
   *
   * This is emitted from the streaming thread, from within which nothing may be done that waits for
   * that thread: no change of state, no query of the element. Properties may be read and set. While
   * that thread is blocked downstream, as when paused, the signal comes later; who has come and
   * gone in that time is left out.
   *
   * Since: 0.1
   */
  signals[signal_peer_added] = g_signal_new("peer-added", element, G_SIGNAL_RUN_LAST, 0, nullptr,
                                            nullptr, nullptr, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * GstP2pLiveSrc::peer-removed:
   * @self: the source
   * @peer_id: the other viewer's id, of which #GstP2pLiveSrc::peer-added has told
   * @reason: why, for a person who looks into it; the texts may change
   *
   * A connection to another viewer is closed. Emitted as #GstP2pLiveSrc::peer-added is. When the
   * source stops all peers are gone, without a signal for each.
   *
   * Since: 0.1
   */
  signals[signal_peer_removed] =
      g_signal_new("peer-removed", element, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                   G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

void emit(GstElement* element, const PeerAdded& peer) {
  g_signal_emit(element, signals[signal_peer_added], 0, peer.peer_id.c_str());
}

void emit(GstElement* element, const PeerRemoved& peer) {
  g_signal_emit(element, signals[signal_peer_removed], 0, peer.peer_id.c_str(),
                peer.reason.c_str());
}

} // namespace p2plive::gst
