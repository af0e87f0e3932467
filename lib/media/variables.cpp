// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/variables.h"

#include "media/attribute_list.h"
#include "media/playlist_limits.h"

#include <algorithm>
#include <charconv>

namespace p2plive::media {

namespace {

using Kind = PlaylistError::Kind;

constexpr std::string_view opening = "{$";

bool has_reference(const Line& line) {
  return line.text.find(opening) != line.text.npos;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// The name in a reference at the beginning of `text`; empty: there is none.
std::string_view referenced(std::string_view text) {
  text.remove_prefix(opening.size());
  auto end = std::find_if_not(text.begin(), text.end(), is_name_character);
  if (end == text.end() || *end != '}')
    return {};
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// What can stand in a quoted string (RFC 8216, 4.2).
bool is_quotable(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return c == '"' || c < 0x20 || c == 0x7f; });
}

bool is_hexadecimal(std::string_view value) {
  return value.starts_with("0x") || value.starts_with("0X");
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto digits = text.substr(i + 1, text[i] == '%' ? 2 : 0);
    unsigned byte = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    bool encoded =
        digits.size() == 2 && error == std::errc() && end == digits.data() + digits.size();
    result += encoded ? static_cast<char>(byte) : text[i];
    i += encoded ? 2 : 0;
  }
  return result;
}

/// Of the first parameter with this name that has a value, as written.
std::optional<std::string_view> query_value(std::string_view uri, std::string_view name) {
  uri = uri.substr(0, uri.find('#'));
  auto query = uri.substr(std::min(uri.find('?'), uri.size()));
  while (!query.empty()) {
    query.remove_prefix(1); // ? or &
    auto parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    auto equals = parameter.find('=');
    if (equals != parameter.npos && parameter.substr(0, equals) == name)
      return parameter.substr(equals + 1);
  }
  return std::nullopt;
}

PlaylistError bad_definition(const Line& line, const std::string& what) {
  return playlist_error(Kind::bad_definition, line.number, what);
}

} // namespace

Problem Variables::define(const Line& line, std::string_view attributes) {
  auto name = find_attribute(attributes, "NAME");
  auto imported = find_attribute(attributes, "IMPORT");
  auto parameter = find_attribute(attributes, "QUERYPARAM");
  if (name.has_value() + imported.has_value() + parameter.has_value() != 1)
    return bad_definition(line, "must define a variable by one of NAME, IMPORT and QUERYPARAM");
  auto variable = name ? *name : imported ? *imported : *parameter;
  // From here on it can be shown to a person.
  if (variable.size() > max_definition_name)
    return playlist_error(Kind::definition_too_long, line.number,
                          "defines a variable whose name is longer than " +
                              std::to_string(max_definition_name) + " bytes");
  if (variable.empty() || !std::all_of(variable.begin(), variable.end(), is_name_character))
    return bad_definition(line, "defines a variable whose name has more in it than letters, "
                                "digits, - and _, or nothing");
  if (imported)
    return import(line, variable);
  if (parameter)
    return query_parameter(line, variable);
  auto value = find_attribute(attributes, "VALUE");
  if (!value)
    return bad_definition(line,
                          "defines the variable " + std::string(variable) + " without a VALUE");
  return add(line, variable, *value);
}

Problem Variables::import(const Line& line, std::string_view name) {
  if (!imported_)
    return bad_definition(line, "imports the variable " + std::string(name) +
                                    " from a master playlist, but none led here");
  auto found = imported_->find(name);
  if (found == imported_->end())
    return bad_definition(line, "imports the variable " + std::string(name) +
                                    ", which the master playlist does not define");
  return add(line, name, found->second);
}

Problem Variables::query_parameter(const Line& line, std::string_view name) {
  auto value = query_value(uri_, name);
  if (!value)
    return bad_definition(line, "takes a variable from the query parameter " + std::string(name) +
                                    ", which the playlist's own address does not have");
  return add(line, name, percent_decoded(*value));
}

Problem Variables::add(const Line& line, std::string_view name, std::string_view value) {
  if (value.size() > max_definition_value)
    return playlist_error(Kind::definition_too_long, line.number,
                          "defines a variable as more than " +
                              std::to_string(max_definition_value) + " bytes");
  if (!is_quotable(value))
    return bad_definition(line, "defines the variable " + std::string(name) +
                                    " with a quote or a control character in it");
  if (definitions_.contains(name))
    return bad_definition(line, "defines the variable " + std::string(name) + " a second time");
  if (definitions_.size() >= max_definitions)
    return playlist_error(Kind::too_many_definitions, line.number,
                          "is one definition more than the " + std::to_string(max_definitions) +
                              " that are read");
  definitions_.emplace(name, value);
  return std::nullopt;
}

tl::expected<Line, PlaylistError> Variables::in_uri(const Line& line) {
  if (!has_reference(line))
    return line;
  text_.clear();
  if (auto problem = replace(line, line.text))
    return tl::unexpected(*problem);
  return replaced(line);
}

tl::expected<Line, PlaylistError> Variables::in_attributes(const Line& line) {
  if (!has_reference(line))
    return line;
  auto list = split_tag(line.text).value;
  text_ = line.text.substr(0, line.text.size() - list.size());
  // What is broken behind the last attribute is not read anyhow.
  while (auto attribute = take_attribute(list)) {
    text_.append(attribute->name) += '=';
    if (auto problem = replace_in_attribute(line, attribute->value, attribute->quoted))
      return tl::unexpected(*problem);
    if (!list.empty())
      text_ += ',';
  }
  return replaced(line);
}

Problem Variables::replace_in_attribute(const Line& line, std::string_view value, bool quoted) {
  if (quoted) {
    text_ += '"';
    auto problem = replace(line, value);
    text_ += '"';
    return problem;
  }
  auto start = text_.size();
  auto problem = replace(line, value);
  // The variable may bring the 0x along. Numbers and names are not subject to replacement.
  if (!problem && !is_hexadecimal(std::string_view(text_).substr(start)))
    text_.replace(start, text_.npos, value);
  return problem;
}

/// Appends to the line under way.
Problem Variables::replace(const Line& line, std::string_view text) {
  while (!text.empty() && text_.size() <= max_line_length) {
    auto plain = std::min(text.find(opening), text.size());
    text_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty())
      break;
    auto name = referenced(text);
    if (name.empty()) { // it only looks like one
      text_ += opening;
      text.remove_prefix(opening.size());
      continue;
    }
    auto found = definitions_.find(name);
    if (found == definitions_.end())
      return playlist_error(Kind::undefined_variable, line.number,
                            "uses the variable " +
                                std::string(name.substr(0, max_definition_name)) +
                                ", which no #EXT-X-DEFINE above it defines");
    text_ += found->second;
    text.remove_prefix(opening.size() + name.size() + 1);
  }
  return std::nullopt;
}

tl::expected<Line, PlaylistError> Variables::replaced(const Line& line) {
  if (text_.size() > max_line_length)
    return tl::unexpected(playlist_error(Kind::line_too_long, line.number,
                                         "is longer than " + std::to_string(max_line_length) +
                                             " bytes once its variables are replaced"));
  expanded_ += text_.size();
  if (expanded_ > max_expanded_size)
    return tl::unexpected(playlist_error(Kind::too_large, line.number,
                                         "makes it larger than " +
                                             std::to_string(max_expanded_size >> 20) +
                                             " MiB once its variables are replaced"));
  return Line{line.number, text_};
}

} // namespace p2plive::media
