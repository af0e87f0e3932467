// relay.sh, with ffmpeg as the RTMP server and as the SRT listener.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include "processes/free_port.h"

#include <sstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

/// A socket is bound to the port; to connect would take the place of the one that may.
bool is_bound(const char* protocol, std::uint16_t port) {
  char local[16];
  g_snprintf(local, sizeof local, "0100007F:%04X ", port);
  return contents(std::string("/proc/net/") + protocol).find(local) != std::string::npos;
}

int lines_with(const std::string& beginning, const std::string& text) {
  std::istringstream in(text);
  int count = 0;
  for (std::string line; std::getline(in, line);)
    count += line.starts_with(beginning);
  return count;
}

/// `listener` is what ffmpeg listens with, `target` what the relay sends to.
void relays(const LiveStream& stream, const char* protocol, std::uint16_t port,
            const std::string& listener, const std::vector<std::string>& options,
            const std::string& target) {
  p2plive::processes::TemporaryDirectory folder("p2plive-relay-test");
  const auto& installed = stage->installed();
  std::vector<std::string> receive = {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"};
  receive.insert(receive.end(), options.begin(), options.end());
  // One line for each frame that could be decoded.
  receive.insert(receive.end(), {"-i", listener, "-map", "0:v", "-map", "0:a", "-f", "framecrc",
                                 "-flush_packets", "1", "frames"});
  Running receiver(installed, folder.path(), "receiver", receive);
  receiver.wait_until(
      "listening", [&] { return is_bound(protocol, port); }, 10s);

  Running relay(installed, folder.path(), "relay",
                {installed.example("relay.sh"), "-i", stage->index(), stream.url(), target});
  const auto arrived = [&] {
    const auto frames = contents(folder / "frames");
    return lines_with("0,", frames) >= 50 && lines_with("1,", frames) >= 50;
  };
  relay.wait_until("passing pictures and sound on", arrived, 40s);
  relay.interrupt();
}

} // namespace

// Rule: pictures and sound arrive at an RTMP server, also from fragmented MP4, and Ctrl-C ends the
// relay with 0.
GST_START_TEST(it_relays_to_rtmp) {
  const auto port = p2plive::processes::free_port();
  const auto address = "rtmp://127.0.0.1:" + std::to_string(port) + "/app/key";
  LiveStream stream({.kind = LiveStreamOptions::Kind::fmp4});
  stream.wait_for_segments(4);
  relays(stream, "tcp", port, address, {"-listen", "1"}, address);
}
GST_END_TEST;

// Rule: the same to an SRT listener, from MPEG-TS.
GST_START_TEST(it_relays_to_srt) {
  const auto port = p2plive::processes::free_port();
  const auto address = "srt://127.0.0.1:" + std::to_string(port);
  relays(stage->stream(), "udp", port, address + "?mode=listener", {}, address);
}
GST_END_TEST;

TCase* p2plive::tests::relay_tests() {
  auto* tcase = tcase_create("relay");
  tcase_set_timeout(tcase, 90);
  tcase_add_test(tcase, it_relays_to_rtmp);
  tcase_add_test(tcase, it_relays_to_srt);
  return tcase;
}
