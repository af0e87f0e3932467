// The application's options, checked and put into the core's terms.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/settings.h"
#include "media/variant_choice.h"
#include "viewer/output_queue.h"
#include "viewer/viewer.h"

#include <optional>

namespace p2plive::viewer {

/// What is wrong with them, if anything is; Kind::settings.
std::optional<Error> check(const ViewerOptions& options);

/// With a peer id and a seed drawn from the system's randomness.
core::Settings to_settings(const ViewerOptions& options);

Portions to_portions(const ViewerOptions& options);

media::VariantWish to_wish(const QualityOptions& options);

/// Bits a second as the application has them -> bytes a second as the core has them.
std::optional<std::uint64_t> to_upload_limit(std::optional<std::uint64_t> bits_per_second);

} // namespace p2plive::viewer
