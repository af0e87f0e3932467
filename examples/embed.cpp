// Watches a live stream without GStreamer: the bytes go to standard output or to a file, the
// figures to standard error.
//
//   embed URI [INDEX-URI [FILE]] > stream.ts
//   c++ -std=c++20 embed.cpp $(pkg-config --cflags --libs p2plive) -o embed
//
// SPDX-License-Identifier: LGPL-2.1-or-later
#include <p2plive/viewer.h>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace {

volatile std::sig_atomic_t stopped = 0;

void print(const p2plive::ViewerStatistics& figures) {
  constexpr double mega = 1e6;
  std::fprintf(
      stderr, "peers %u  buffer %.1f s  from CDN %.2f MB  from peers %.2f MB  sent %.2f MB\n",
      figures.peers, std::chrono::duration<double>(figures.buffer_time).count(),
      static_cast<double>(figures.cdn_bytes) / mega, static_cast<double>(figures.peer_bytes) / mega,
      static_cast<double>(figures.upload_bytes) / mega);
}

/// Takes what the viewer hands out until the end, an error or Ctrl-C; the exit code.
int watch(p2plive::Viewer& viewer, std::FILE* out) {
  using namespace std::chrono_literals;
  auto next_print = std::chrono::steady_clock::now() + 1s;
  while (!stopped) {
    auto output = viewer.pop({}, next_print);
    if (auto* buffer = std::get_if<p2plive::Buffer>(&output)) {
      if (std::fwrite(buffer->data, 1, buffer->size, out) != buffer->size)
        return 1; // nobody reads any more
    } else if (auto* error = std::get_if<p2plive::Error>(&output)) {
      std::fprintf(stderr, "%s (%s)\n", error->message.c_str(), error->detail.c_str());
      return 1;
    } else if (std::holds_alternative<p2plive::EndOfStream>(output)) {
      break;
    }
    if (std::chrono::steady_clock::now() >= next_print) {
      std::fflush(out);
      print(viewer.statistics());
      next_print += 1s;
    }
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr, "usage: embed URI [INDEX-URI [FILE]]\n");
    return 2;
  }
  p2plive::ViewerOptions options;
  options.uri = argv[1];
  options.index_uri = argc > 2 ? argv[2] : "";
  auto opened = p2plive::Viewer::open(options);
  if (auto* error = std::get_if<p2plive::Error>(&opened)) {
    std::fprintf(stderr, "%s\n", error->message.c_str());
    return 2;
  }
  auto* out = argc > 3 ? std::fopen(argv[3], "wb") : stdout;
  if (!out) {
    std::perror(argv[3]);
    return 2;
  }
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGTERM, [](int) { stopped = 1; });
  auto code = watch(*std::get<std::unique_ptr<p2plive::Viewer>>(opened), out);
  std::fclose(out);
  return code;
}
