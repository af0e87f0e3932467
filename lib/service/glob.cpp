// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/glob.h"

namespace p2plive::service {
namespace {

constexpr std::size_t max_pattern = 256;

} // namespace

tl::expected<Glob, std::string> Glob::compile(std::string_view pattern, char separator) {
  if (pattern.empty() || pattern.size() > max_pattern)
    return tl::unexpected<std::string>("a pattern has between 1 and 256 characters");
  Glob glob;
  glob.separator_ = separator;
  using Kind = Token::Kind;
  bool inside = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    Token token{Kind::literal, pattern[i]};
    if (pattern[i] == '\\') {
      if (++i == pattern.size())
        return tl::unexpected<std::string>("a backslash ends the pattern");
      token.character = pattern[i];
    } else if (pattern[i] == '?') {
      token.kind = Kind::any_one;
    } else if (pattern[i] == '*') {
      token.kind = Kind::any;
      for (; i + 1 < pattern.size() && pattern[i + 1] == '*'; ++i)
        token.kind = Kind::any_across;
    } else if (pattern[i] == '(' || pattern[i] == ')') {
      if (inside == (pattern[i] == '('))
        return tl::unexpected<std::string>("round brackets come in pairs and do not nest");
      inside = !inside;
      token.kind = inside ? Kind::open : Kind::close;
      glob.captures_ += inside;
    }
    glob.tokens_.push_back(token);
  }
  if (inside)
    return tl::unexpected<std::string>("round brackets come in pairs and do not nest");
  return glob;
}

bool Glob::takes(const Token& token, char character) const {
  switch (token.kind) {
  case Token::Kind::literal:
    return character == token.character;
  case Token::Kind::any_one:
  case Token::Kind::any:
    return character != separator_;
  case Token::Kind::any_across:
    return true;
  default:
    return false;
  }
}

// Bit token * (length + 1) + position: the tokens from there on match the text from there on.
std::vector<bool> Glob::reachable(std::string_view text) const {
  auto width = text.size() + 1;
  std::vector<bool> table((tokens_.size() + 1) * width);
  table[tokens_.size() * width + text.size()] = true;
  for (auto t = tokens_.size(); t-- > 0;) {
    const auto& token = tokens_[t];
    bool one = token.kind == Token::Kind::literal || token.kind == Token::Kind::any_one;
    for (auto p = width; p-- > 0;) {
      bool taken = p < text.size() && takes(token, text[p]);
      table[t * width + p] =
          one ? taken && table[(t + 1) * width + p + 1]
              : table[(t + 1) * width + p] || (taken && table[t * width + p + 1]);
    }
  }
  return table;
}

std::optional<std::vector<std::string_view>> Glob::match(std::string_view text) const {
  auto table = reachable(text);
  if (!table[0])
    return {};
  auto width = text.size() + 1;
  std::vector<std::string_view> captures;
  std::size_t begin = 0;
  for (std::size_t t = 0, p = 0; t < tokens_.size(); ++t) {
    switch (tokens_[t].kind) {
    case Token::Kind::open:
      begin = p;
      break;
    case Token::Kind::close:
      captures.push_back(text.substr(begin, p - begin));
      break;
    case Token::Kind::literal:
    case Token::Kind::any_one:
      ++p;
      break;
    default:
      while (p < text.size() && takes(tokens_[t], text[p]) && table[t * width + p + 1])
        ++p;
    }
  }
  return captures;
}

} // namespace p2plive::service
