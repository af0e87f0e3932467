// The version of a segment: what identifies its content independently of the host that serves it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/ids.h"

namespace p2plive::core {

/// What the playlist says of a segment's content. With the size it makes the version.
enum class Basis : std::uint64_t {};

Basis basis_of(const ListedSegment& segment);

/// Two viewers whose playlists agree and who see the same size get the same version.
Version version_of(Basis basis, std::uint64_t size);

} // namespace p2plive::core
