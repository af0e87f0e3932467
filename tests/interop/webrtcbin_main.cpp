// webrtcbin as the other side of an encounter: BROKER-PORT SELF OTHER RID offers|answers SIZE, ids
// in hexadecimal. Ends when the exchange is over and the channel closed, without a teardown.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "webrtcbin_side.h"

#include "../net/loop.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

using namespace p2plive;

namespace {

template <typename Id>
Id from_hex(std::string_view hex) {
  Id id;
  for (std::size_t at = 0; at < id.bytes.size() && 2 * at + 2 <= hex.size(); ++at)
    id.bytes[at] =
        std::uint8_t(std::strtoul(std::string(hex.substr(2 * at, 2)).c_str(), nullptr, 16));
  return id;
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 7)
    return 2;
  test::Meeting meeting;
  meeting.broker_port = std::uint16_t(std::atoi(argv[1]));
  meeting.self = from_hex<core::PeerId>(argv[2]);
  meeting.other = from_hex<core::PeerId>(argv[3]);
  meeting.rid = from_hex<core::Rid>(argv[4]);
  meeting.offers = std::string_view(argv[5]) == "offers";
  test::Loop loop;
  auto& side =
      *new test::WebrtcbinSide(loop.context(), meeting, std::strtoul(argv[6], nullptr, 10));
  loop.run_until([&] { return side.closed || !side.failure.empty(); }, std::chrono::minutes(5));
  std::printf("%s\n", side.failure.c_str());
  std::fflush(stdout);
  _exit(side.failure.empty() ? 0 : 1);
}
