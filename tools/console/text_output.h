// Writes a program's result where its user wants it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace p2plive::console {

/// Into a file, or on standard output where `file` is "-". False when not all could be written.
bool write_text(const std::string& file, const std::string& text);

} // namespace p2plive::console
