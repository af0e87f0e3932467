// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/public_uri.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

std::string public_uri(std::string uri) {
  auto scheme = uri.find("://");
  if (scheme == std::string::npos)
    return uri;
  auto begin = scheme + 3;
  auto end = std::min(uri.find_first_of("/?#", begin), uri.size());
  auto at = uri.rfind('@', end);
  if (at != std::string::npos && at >= begin)
    uri.erase(begin, at + 1 - begin);
  return uri;
}

} // namespace p2plive::viewer
