// One person watching; every tenth of a second a line on standard output says how it goes:
//
//   at MS peers N cdn BYTES peer BYTES segments N starved N flaws N id HEX
//
// flaws: bytes that did not follow those before, segments left out, errors.
//
//   nat-viewer URI INDEX-URI
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/viewer.h"

#include <chrono>
#include <cstdio>

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

struct Watched {
  std::uint64_t segments = 0, media_sequence = 0, offset = 0, flaws = 0;

  void add(const Buffer& buffer) {
    bool begins = buffer.offset == 0;
    if (begins) {
      flaws +=
          segments > 0 && (buffer.media_sequence != media_sequence + 1 || buffer.discontinuity);
      ++segments;
      media_sequence = buffer.media_sequence;
      offset = 0;
    }
    flaws += buffer.media_sequence != media_sequence || buffer.offset != offset;
    offset += buffer.size;
  }
};

void print(std::chrono::steady_clock::duration at, const ViewerStatistics& figures,
           const Watched& watched) {
  using number = unsigned long long;
  std::printf("at %lld peers %u cdn %llu peer %llu segments %llu starved %llu flaws %llu id %s\n",
              static_cast<long long>(at / 1ms), figures.peers, number{figures.cdn_bytes},
              number{figures.peer_bytes}, number{watched.segments}, number{figures.starvations},
              number{watched.flaws}, figures.peer_id.c_str());
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: nat-viewer URI INDEX-URI\n");
    return 2;
  }
  ViewerOptions options;
  options.uri = argv[1];
  options.index_uri = argv[2];
  options.live_delay = 6s;
  options.lead = 1s;
  auto opened = Viewer::open(options);
  if (auto* error = std::get_if<Error>(&opened)) {
    std::fprintf(stderr, "%s\n", error->message.c_str());
    return 1;
  }
  auto& viewer = *std::get<std::unique_ptr<Viewer>>(opened);
  auto began = std::chrono::steady_clock::now(), next = began;
  Watched watched;
  for (;;) {
    auto output = viewer.pop({}, next);
    if (auto* buffer = std::get_if<Buffer>(&output)) {
      watched.add(*buffer);
    } else if (auto* error = std::get_if<Error>(&output)) {
      std::fprintf(stderr, "%s (%s)\n", error->message.c_str(), error->detail.c_str());
      return 1;
    } else if (std::holds_alternative<EndOfStream>(output)) {
      return 0;
    }
    if (auto now = std::chrono::steady_clock::now(); now >= next) {
      print(now - began, viewer.statistics(), watched);
      next = now + 100ms;
    }
  }
}
