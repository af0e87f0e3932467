// Sentences with numbers in them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace p2plive::console {

/// As printf(3) has it; cut after 511 bytes.
__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...);

} // namespace p2plive::console
