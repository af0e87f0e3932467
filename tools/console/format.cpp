// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/format.h"

#include <cstdarg>
#include <cstdio>

namespace p2plive::console {

std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

} // namespace p2plive::console
