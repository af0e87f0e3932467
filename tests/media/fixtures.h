// What ffmpeg's HLS muxer and GStreamer's hlssink2 really wrote.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <fstream>
#include <gst/check/gstcheck.h>
#include <iterator>
#include <string>
#include <vector>

inline std::string read_fixture(const std::string& name) {
  std::ifstream file(std::string(P2PLIVE_FIXTURES) + "/" + name, std::ios::binary);
  fail_unless(file.good(), "no fixture %s", name.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::uint8_t> read_fixture_bytes(const std::string& name) {
  auto text = read_fixture(name);
  return {text.begin(), text.end()};
}
