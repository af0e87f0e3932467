// Between GValues and the options' types, and when a property may change.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

namespace p2plive::gst {

constexpr auto property_flags(int more) {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | more);
}
inline constexpr auto when_ready = property_flags(GST_PARAM_MUTABLE_READY);
inline constexpr auto always = property_flags(GST_PARAM_MUTABLE_PLAYING);

inline std::string string_of(const GValue* value) {
  const auto* text = g_value_get_string(value);
  return text ? text : "";
}

/// Unset is NULL, never "".
inline void give_string(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

} // namespace p2plive::gst
