// PeerConnection: two of them talk over 127.0.0.1.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include <openssl/sha.h>

#include <array>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Pair;
using Bytes = test::Peer::Bytes;

namespace {

Bytes pattern(std::size_t size, unsigned seed) {
  Bytes bytes(size);
  for (auto& byte : bytes)
    byte = std::uint8_t((seed = seed * 1664525u + 1013904223u) >> 24);
  return bytes;
}

} // namespace

// Rule: an offer and an answer are all it takes, and both sides learn that it is open, once.
GST_START_TEST(two_ends_open) {
  test::Loop loop;
  Pair pair(loop.context());
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s / %s", pair.offerer.reason.c_str(),
              pair.answerer.reason.c_str());
  loop.run_for(50ms);
  fail_unless_equals_int(pair.offerer.opened, 1);
  fail_unless_equals_int(pair.answerer.opened, 1);
  fail_unless_equals_int(pair.against_rules(), 0);
}
GST_END_TEST;

// Rule: messages of every size from none to max-message-size arrive whole, in order, both ways; a
// larger one is refused.
GST_START_TEST(messages_of_every_size_are_echoed) {
  test::Loop loop;
  Pair pair(loop.context());
  auto& answerer = pair.answerer;
  answerer.on_message = [&](auto bytes) {
    fail_unless(
        answerer.connection->send(bytes.first(bytes.size() / 2), bytes.subspan(bytes.size() / 2)));
  };
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }));
  std::vector<Bytes> sent;
  for (std::size_t size : {0, 1, 1000, 16 * 1024, 65'424 + 64, 64 * 1024, 64 * 1024 + 1, 262'144})
    sent.push_back(pattern(size, unsigned(size) + 1));
  for (auto& message : sent)
    fail_unless(pair.offerer.send(message));
  fail_unless(loop.run_until([&] { return pair.offerer.messages.size() == sent.size(); }),
              "%zu came back", pair.offerer.messages.size());
  fail_unless(pair.offerer.messages == sent);
  fail_if(pair.offerer.send(pattern(262'145, 1)));
  fail_unless_equals_int(pair.against_rules(), 0);
}
GST_END_TEST;

static Suite* peer_connection_suite() {
  auto* suite = suite_create("peer_connection");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_ends_open);
  tcase_add_test(tcase, messages_of_every_size_are_echoed);
  return suite;
}

GST_CHECK_MAIN(peer_connection)
