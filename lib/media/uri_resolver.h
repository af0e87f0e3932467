// Makes absolute http(s) URIs of what a playlist says (RFC 3986, section 5), within a budget.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace p2plive::media {

/// Of one playlist. What it hands out is counted, so that a short text cannot become a lot of
/// memory by a long base.
class UriResolver {
public:
  enum class Error { invalid, too_long, too_much };

  explicit UriResolver(const std::string& base_uri);
  ~UriResolver();
  UriResolver(UriResolver&&) noexcept;

  /// Absolute, http or https, at most `max_uri_length`. What is percent-encoded stays so (its
  /// digits in upper case); bytes that no URI may hold (blanks, controls, UTF-8) are encoded.
  tl::expected<std::string, Error> resolve(std::string_view reference);

  /// Counts bytes of a URI that is kept once more; false: the budget is spent.
  bool charge(std::size_t bytes);

private:
  struct Base;
  std::unique_ptr<Base> base_;
  std::size_t used_ = 0;
};

} // namespace p2plive::media
