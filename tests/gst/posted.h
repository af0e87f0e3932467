// What an element says on its bus, for tests of a function that posts.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/check/gstcheck.h>

#include <functional>
#include <memory>

namespace p2plive::tests {

using Message = std::unique_ptr<GstMessage, decltype(&gst_message_unref)>;

/// The one message that an element has posted then.
inline Message posted(const std::function<void(GstElement*)>& post) {
  auto* element = gst_bin_new("element");
  auto* bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  post(element);
  Message message(gst_bus_pop(bus), gst_message_unref);
  fail_unless(message != nullptr && !gst_bus_have_pending(bus));
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  return message;
}

} // namespace p2plive::tests
