// Writes one JSON value (RFC 8259), indented, members in the order in which they are given.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::console {

class JsonWriter {
public:
  /// The value itself, or the next element of an array.
  void begin_object() { begin('{'); }
  void begin_object(std::string_view key) {
    name(key);
    open('{');
  }
  void end_object() { end('}'); }

  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  void member(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  void member(std::string_view key, std::integral auto value) { raw(key, std::to_string(value)); }
  void member(std::string_view key, double value);
  void member(std::string_view key, std::string_view value) { raw(key, quoted(value)); }
  void member(std::string_view key, const char* value) { member(key, std::string_view(value)); }
  void member(std::string_view key, const std::vector<std::string>& values);
  void member(std::string_view key, const std::vector<double>& values);
  /// None is null.
  template <typename T>
  void member(std::string_view key, const std::optional<T>& value) {
    if (value)
      member(key, *value);
    else
      raw(key, "null");
  }

  const std::string& text() const { return text_; }

private:
  void begin(char bracket);
  void open(char bracket);
  void end(char bracket);
  void separate();
  void name(std::string_view key);
  void raw(std::string_view key, std::string_view value);
  static std::string quoted(std::string_view value);
  static std::string number(double value);

  std::string text_;
  int depth_ = 0;
  bool first_ = true;
};

} // namespace p2plive::console
