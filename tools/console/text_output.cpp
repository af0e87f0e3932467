// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/text_output.h"

#include <cstdio>
#include <fstream>

namespace p2plive::console {

bool write_text(const std::string& file, const std::string& text) {
  if (file == "-")
    return std::fputs(text.c_str(), stdout) >= 0;
  std::ofstream out(file);
  out << text;
  out.close();
  return static_cast<bool>(out);
}

} // namespace p2plive::console
