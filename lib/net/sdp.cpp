// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sdp.h"

#include "net/ice_candidate.h"

#include <gst/sdp/sdp.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace p2plive::net {

namespace {

using Setup = SessionDescription::Setup;
using Result = tl::expected<SessionDescription, std::string>;
using Message = std::unique_ptr<GstSDPMessage, decltype(&gst_sdp_message_free)>;

constexpr std::size_t longest_text = 16 * 1024;
constexpr std::size_t longest_line = 1024;
constexpr std::size_t most_lines = 200;
constexpr std::size_t fingerprint_length = 32 * 3 - 1;

Message new_message() {
  GstSDPMessage* message = nullptr;
  gst_sdp_message_new(&message);
  return {message, gst_sdp_message_free};
}

const char* setup_text(Setup setup) {
  return setup == Setup::actpass ? "actpass" : setup == Setup::active ? "active" : "passive";
}

std::optional<Setup> setup_of(std::string_view text) {
  for (auto setup : {Setup::actpass, Setup::active, Setup::passive})
    if (text == setup_text(setup))
      return setup;
  return {};
}

GstSDPMedia* new_media(const SessionDescription& description) {
  GstSDPMedia* media = nullptr;
  gst_sdp_media_new(&media);
  gst_sdp_media_set_media(media, "application");
  gst_sdp_media_set_port_info(media, 9, 1);
  gst_sdp_media_set_proto(media, "UDP/DTLS/SCTP");
  gst_sdp_media_add_format(media, "webrtc-datachannel");
  gst_sdp_media_add_connection(media, "IN", "IP4", "0.0.0.0", 0, 0);
  auto add = [&](const char* key, const std::string& value) {
    gst_sdp_media_add_attribute(media, key, value.c_str());
  };
  for (std::string_view candidate : description.candidates)
    add("candidate", std::string(candidate.substr(candidate.find(':') + 1)));
  add("ice-ufrag", description.ufrag);
  add("ice-pwd", description.password);
  add("ice-options", "trickle");
  add("fingerprint", "sha-256 " + description.fingerprint);
  add("setup", setup_text(description.setup));
  add("mid", description.mid);
  add("sctp-port", std::to_string(description.sctp_port));
  add("max-message-size", std::to_string(description.max_message));
  return media;
}

/// GstSDP is lenient; what it is given is text of bounded lines.
bool is_bounded_text(std::string_view text) {
  if (text.size() > longest_text || !text.starts_with("v=0"))
    return false;
  std::size_t lines = 0, length = 0;
  for (char c : text) {
    if (c == '\n') {
      length = 0;
      if (++lines > most_lines)
        return false;
    } else if (c != '\r' && (c < ' ' || c > '~')) {
      return false;
    } else if (++length > longest_line) {
      return false;
    }
  }
  return true;
}

const GstSDPMedia* data_channel_section(const GstSDPMessage* message) {
  if (gst_sdp_message_medias_len(message) != 1)
    return nullptr;
  auto* media = gst_sdp_message_get_media(message, 0);
  auto is = [](const char* text, std::string_view expected) { return text && text == expected; };
  auto usable = is(gst_sdp_media_get_media(media), "application") &&
                is(gst_sdp_media_get_proto(media), "UDP/DTLS/SCTP") &&
                gst_sdp_media_formats_len(media) == 1 &&
                is(gst_sdp_media_get_format(media, 0), "webrtc-datachannel") &&
                gst_sdp_media_get_port(media) != 0;
  return usable ? media : nullptr;
}

/// The n-th attribute of that name; first of the section, then of the session (Firefox's place for
/// the fingerprint).
std::optional<std::string_view> attribute(const GstSDPMessage* message, const GstSDPMedia* media,
                                          const char* key, unsigned nth = 0) {
  auto* value = gst_sdp_media_get_attribute_val_n(media, key, nth);
  if (!value)
    value = gst_sdp_message_get_attribute_val_n(message, key, nth);
  if (!value)
    return {};
  return std::string_view(value);
}

/// The SHA-256 one; empty when there is none, or it is malformed.
std::string fingerprint(const GstSDPMessage* message, const GstSDPMedia* media) {
  for (unsigned nth = 0; nth < 8; ++nth) {
    auto value = attribute(message, media, "fingerprint", nth);
    if (!value)
      break;
    constexpr std::string_view hash = "sha-256 ";
    if (value->size() != hash.size() + fingerprint_length ||
        g_ascii_strncasecmp(value->data(), hash.data(), hash.size()) != 0)
      continue;
    std::string text(value->substr(hash.size()));
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (at % 3 == 2 ? text[at] != ':' : !g_ascii_isxdigit(text[at]))
        return {};
      text[at] = g_ascii_toupper(text[at]);
    }
    return text;
  }
  return {};
}

/// True when it is absent (`value` stays) or a decimal number.
template <typename Number>
bool read_number(std::optional<std::string_view> text, Number& value) {
  if (!text)
    return true;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size();
}

Result read(const GstSDPMessage* message, const GstSDPMedia* media) {
  auto text = [&](const char* key) { return attribute(message, media, key); };
  SessionDescription description;
  auto ufrag = text("ice-ufrag"), password = text("ice-pwd");
  if (!ufrag || !password || !is_ice_chars(*ufrag, 4, 256) || !is_ice_chars(*password, 22, 256))
    return tl::unexpected<std::string>("description without usable ICE credentials");
  description.ufrag = *ufrag;
  description.password = *password;
  description.fingerprint = fingerprint(message, media);
  if (description.fingerprint.empty())
    return tl::unexpected<std::string>("description without a SHA-256 fingerprint");
  auto setup = setup_of(text("setup").value_or(""));
  if (!setup)
    return tl::unexpected<std::string>("description without a=setup");
  description.setup = *setup;
  auto mid = text("mid").value_or("0");
  if (mid.empty() || mid.size() > 32 || mid.find(' ') != mid.npos)
    return tl::unexpected<std::string>("description with a bad a=mid");
  description.mid = mid;
  if (!read_number(text("sctp-port"), description.sctp_port) || description.sctp_port == 0)
    return tl::unexpected<std::string>("description with a bad a=sctp-port");
  if (!read_number(text("max-message-size"), description.max_message))
    return tl::unexpected<std::string>("description with a bad a=max-message-size");
  if (description.max_message == 0)
    description.max_message = SIZE_MAX;
  for (unsigned nth = 0; description.candidates.size() < max_candidates; ++nth) {
    auto* value = gst_sdp_media_get_attribute_val_n(media, "candidate", nth);
    if (!value)
      break;
    description.candidates.push_back(std::string("candidate:") + value);
  }
  return description;
}

} // namespace

std::uint64_t draw_session_id() {
  return (std::uint64_t(g_random_int()) << 31) | (g_random_int() >> 1);
}

std::string write_sdp(const SessionDescription& description) {
  auto message = new_message();
  auto id = std::to_string(description.session_id ? description.session_id : draw_session_id());
  auto version = std::to_string(description.session_version);
  gst_sdp_message_set_version(message.get(), "0");
  gst_sdp_message_set_origin(message.get(), "-", id.c_str(), version.c_str(), "IN", "IP4",
                             "127.0.0.1");
  gst_sdp_message_set_session_name(message.get(), "-");
  gst_sdp_message_add_time(message.get(), "0", "0", nullptr);
  gst_sdp_message_add_attribute(message.get(), "group", ("BUNDLE " + description.mid).c_str());
  auto* media = new_media(description);
  gst_sdp_message_add_media(message.get(), media);
  gst_sdp_media_free(media);
  std::unique_ptr<char, decltype(&g_free)> text(gst_sdp_message_as_text(message.get()), g_free);
  return text.get();
}

Result read_sdp(std::string_view text) {
  if (!is_bounded_text(text))
    return tl::unexpected<std::string>("not a session description");
  auto message = new_message();
  auto* bytes = reinterpret_cast<const guint8*>(text.data());
  if (gst_sdp_message_parse_buffer(bytes, static_cast<guint>(text.size()), message.get()) !=
      GST_SDP_OK)
    return tl::unexpected<std::string>("not a session description");
  auto* media = data_channel_section(message.get());
  if (!media)
    return tl::unexpected<std::string>("not a description of one data channel section");
  return read(message.get(), media);
}

} // namespace p2plive::net
