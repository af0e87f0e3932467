// CPS (content publishing service): stream URL to Resource ID.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/stream_id.h"
#include "service/wire.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace p2plive::service {

/// MD5 (RFC 1321), from whichever library the program has.
using Md5 = std::function<std::array<std::uint8_t, 16>(std::string_view)>;

struct CpsOptions {
  StreamIdRules rules;
  std::chrono::seconds max_age{3600}; ///< viewers may keep the answer for so long
};

class Cps {
public:
  Cps(CpsOptions options, Md5 md5) : options_(std::move(options)), md5_(std::move(md5)) {}

  /// A wire::CpsRequest to a wire::CpsReply.
  Answer answer(std::span<const std::uint8_t> body) const;

private:
  CpsOptions options_;
  Md5 md5_;
};

} // namespace p2plive::service
