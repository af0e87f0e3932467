// webrtcbin and our PeerConnection in one process meet each other: offers|answers (we do), SIZE.
// Says what is wrong and ends without a teardown, which webrtcbin's threads could hold up.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "encounter.h"
#include "webrtcbin_side.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

using namespace p2plive;

namespace {

std::string meet(bool we_offer, std::size_t size) {
  auto& loop = *new test::Loop;
  auto& encounter =
      *new test::Encounter(loop, {.name = "beside", .we_offer = we_offer, .size = size});
  if (auto problem = encounter.open_inbox(); !problem.empty())
    return problem;
  auto& ours = *encounter.ours;
  auto& theirs = *new test::WebrtcbinSide(loop.context(), encounter.of_the_other(), size);
  auto over = [&] { return ours.closed || !theirs.failure.empty(); };
  loop.run_until([&] { return (ours.exchange.finished() && theirs.exchange.finished()) || over(); },
                 std::chrono::seconds(120));
  encounter.end_broker();
  for (auto problem : {theirs.failure, ours.exchange.complaint(), theirs.exchange.complaint()})
    if (!problem.empty())
      return problem + " (" + ours.reason + ")";
  return {};
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 3)
    return 2;
  auto problem = meet(std::string_view(argv[1]) == "offers", std::strtoul(argv[2], nullptr, 10));
  std::printf("%s\n", problem.c_str());
  std::fflush(stdout);
  _exit(problem.empty() ? 0 : 1);
}
