// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/json_writer.h"

#include <cmath>
#include <cstdio>

namespace p2plive::console {

void JsonWriter::begin(char bracket) {
  if (depth_ > 0)
    separate();
  open(bracket);
}

void JsonWriter::open(char bracket) {
  text_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (!first_)
    text_ += "\n" + std::string(static_cast<std::size_t>(depth_) * 2, ' ');
  text_ += bracket;
  first_ = false;
  if (depth_ == 0)
    text_ += '\n';
}

void JsonWriter::separate() {
  text_ += first_ ? "\n" : ",\n";
  first_ = false;
  text_ += std::string(static_cast<std::size_t>(depth_) * 2, ' ');
}

void JsonWriter::name(std::string_view key) {
  separate();
  text_ += quoted(key) + ": ";
}

void JsonWriter::raw(std::string_view key, std::string_view value) {
  name(key);
  text_ += value;
}

void JsonWriter::member(std::string_view key, double value) {
  raw(key, number(value));
}

void JsonWriter::member(std::string_view key, const std::vector<double>& values) {
  std::string text = "[";
  for (auto value : values)
    text += (text.size() > 1 ? ", " : "") + number(value);
  raw(key, text + "]");
}

std::string JsonWriter::number(double value) {
  if (!std::isfinite(value))
    return "null"; // JSON has no number for it
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void JsonWriter::member(std::string_view key, const std::vector<std::string>& values) {
  std::string text = "[";
  for (const auto& value : values)
    text += (text.size() > 1 ? ", " : "") + quoted(value);
  raw(key, text + "]");
}

std::string JsonWriter::quoted(std::string_view value) {
  std::string result = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

} // namespace p2plive::console
