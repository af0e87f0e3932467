// SPDX-License-Identifier: LGPL-2.1-or-later
#include "messages.h"

namespace p2plive::gst {
namespace {

struct Code {
  GQuark domain;
  int code;
};

Code code_of(Error::Kind kind) {
  switch (kind) {
  case Error::Kind::not_found:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
  case Error::Kind::not_authorized:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED};
  case Error::Kind::open:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ};
  case Error::Kind::read:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
  case Error::Kind::settings:
    return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
  case Error::Kind::format:
    return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
  case Error::Kind::encryption:
    return {GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT};
  }
  return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
}

} // namespace

void post_error(GstElement* element, const Error& error) {
  const auto [domain, code] = code_of(error.kind);
  gst_element_message_full(element, GST_MESSAGE_ERROR, domain, code,
                           g_strdup(error.message.c_str()), g_strdup(error.detail.c_str()),
                           __FILE__, __func__, __LINE__);
}

void post_warning(GstElement* element, const Warning& warning) {
  gst_element_message_full(element, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
                           GST_RESOURCE_ERROR_NOT_FOUND, g_strdup(warning.message.c_str()),
                           g_strdup(warning.detail.c_str()), __FILE__, __func__, __LINE__);
}

void post_skipped(GstElement* element, std::chrono::nanoseconds skipped) {
  auto* structure = gst_structure_new("p2plive-skipped", "skipped-time", G_TYPE_UINT64,
                                      static_cast<guint64>(skipped.count()), nullptr);
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

void post_quality(GstElement* element, const Quality& quality) {
  auto* structure = gst_structure_new("p2plive-quality", "bandwidth", G_TYPE_UINT64,
                                      static_cast<guint64>(quality.bandwidth), nullptr);
  if (quality.width > 0 && quality.height > 0)
    gst_structure_set(structure, "width", G_TYPE_UINT, quality.width, "height", G_TYPE_UINT,
                      quality.height, nullptr);
  if (!quality.codecs.empty()) {
    const auto length = static_cast<gssize>(quality.codecs.size());
    g_autofree char* codecs = g_utf8_make_valid(quality.codecs.data(), length);
    gst_structure_set(structure, "codecs", G_TYPE_STRING, codecs, nullptr);
  }
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

} // namespace p2plive::gst
