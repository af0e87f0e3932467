// The version of a segment or an init section: what identifies its content independently of the
// host that serves it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/ids.h"

#include <string_view>

namespace p2plive::core {

/// What the playlist says of a segment's content. With the size it makes the version.
enum class Basis : std::uint64_t {};

Basis basis_of(const ListedSegment& segment);

/// The number of an init section, and what its version is made of: the path in its address, its
/// byte range (0, 0: the whole resource), and the discontinuity sequence of the segments that it
/// serves, for an encoder that begins again writes another under the same name. All hosts that
/// serve it under the same path give it the same number.
SequenceNumber init_number(std::string_view path, std::uint64_t offset, std::uint64_t length,
                           std::uint64_t discontinuity_sequence);
Basis basis_of_init(SequenceNumber init);

/// Two viewers whose playlists agree and who see the same size get the same version.
Version version_of(Basis basis, std::uint64_t size);

} // namespace p2plive::core
