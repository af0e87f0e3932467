// Patterns of the StreamId rules.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::service {

/// `?` is one character, `*` any number of them, neither of them the separator; `**` is any number
/// of any characters. What stands in round brackets is captured; they do not nest. A backslash
/// takes away the meaning of the character after it. A star takes as much as it can.
///
/// Not std::regex: its depth of recursion grows with the text, and the text comes from strangers.
/// Here the time is at most the length of the pattern times the length of the text.
class Glob {
public:
  /// An error is a sentence for the operator. A pattern has at most 256 characters.
  static tl::expected<Glob, std::string> compile(std::string_view pattern, char separator);

  /// The captures in order where the whole text matches (views into `text`), else nothing.
  std::optional<std::vector<std::string_view>> match(std::string_view text) const;

  bool has_captures() const { return captures_ > 0; }

private:
  struct Token {
    enum class Kind { literal, any_one, any, any_across, open, close } kind;
    char character = 0;
  };

  bool takes(const Token& token, char character) const;
  std::vector<bool> reachable(std::string_view text) const;

  std::vector<Token> tokens_;
  std::size_t captures_ = 0;
  char separator_ = '/';
};

} // namespace p2plive::service
