// PeerConnection: two of them talk over 127.0.0.1.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include <algorithm>
#include <cstdio>

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

/// One end of a bulk transfer: sends `total` bytes as it may, and hashes both directions.
struct End {
  static constexpr std::size_t total = 64 * 1024 * 1024 / test::share, piece = 64 * 1024;

  End(test::Peer& peer, unsigned seed) : peer(peer), block(pattern(piece, seed)) {
    peer.on_message = [this](auto bytes) {
      received += bytes.size();
      g_checksum_update(in.get(), bytes.data(), gssize(bytes.size()));
    };
  }
  void pump() {
    while (sent < total) {
      block[sent / piece % piece] ^= 1; // no two blocks are the same
      if (!peer.send(block)) {
        block[sent / piece % piece] ^= 1;
        return;
      }
      g_checksum_update(out.get(), block.data(), piece);
      sent += piece;
      most_buffered = std::max(most_buffered, peer.connection->buffered());
    }
  }
  std::string sent_hash() { return g_checksum_get_string(out.get()); }
  std::string received_hash() { return g_checksum_get_string(in.get()); }

  using Hash = std::unique_ptr<GChecksum, decltype(&g_checksum_free)>;
  test::Peer& peer;
  Bytes block;
  std::size_t sent = 0, received = 0, most_buffered = 0;
  Hash in{g_checksum_new(G_CHECKSUM_SHA256), g_checksum_free};
  Hash out{g_checksum_new(G_CHECKSUM_SHA256), g_checksum_free};
};

/// Removes the a=candidate lines of a description.
std::vector<std::string> take_candidates(std::string& sdp) {
  std::vector<std::string> candidates;
  for (std::size_t at; (at = sdp.find("a=candidate")) != sdp.npos;) {
    auto end = sdp.find("\r\n", at);
    candidates.push_back(sdp.substr(at + 2, end - at - 2));
    sdp.erase(at, end + 2 - at);
  }
  return candidates;
}

} // namespace

// Rule: an offer and an answer are all it takes, and both sides learn that it is open, once.
GST_START_TEST(two_ends_open) {
  test::Loop loop;
  Pair pair(loop.context());
  pair.start();
  fail_if(pair.offerer.connection->selected_path());
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s / %s", pair.offerer.reason.c_str(),
              pair.answerer.reason.c_str());
  auto path = pair.offerer.connection->selected_path();
  fail_unless(path && path->local.address == "127.0.0.1" && path->remote.address == "127.0.0.1");
  fail_unless(path->local.type == net::IceCandidate::Type::host && path->remote.port > 0);
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

// Rule: 64 MiB each way at once arrive as they were sent, and what is queued stays bounded.
GST_START_TEST(bulk_both_ways_by_hash) {
  test::Loop loop;
  Pair pair(loop.context());
  End one(pair.offerer, 1), other(pair.answerer, 2);
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }));
  auto done = [&] {
    one.pump();
    other.pump();
    return one.received == End::total && other.received == End::total;
  };
  fail_unless(loop.run_until(done, 50s), "%zu and %zu bytes, %s / %s", one.received, other.received,
              pair.offerer.reason.c_str(), pair.answerer.reason.c_str());
  fail_unless(one.sent_hash() == other.received_hash());
  fail_unless(other.sent_hash() == one.received_hash());
  fail_unless(one.most_buffered <= 16u * 1024 * 1024 && other.most_buffered <= 16u * 1024 * 1024);
  fail_unless_equals_int(pair.against_rules(), 0);
}
GST_END_TEST;

// Rule: a certificate that is not the one of the description closes both sides, whoever sees it.
GST_START_TEST(a_wrong_fingerprint_closes_both) {
  for (bool in_offer : {true, false}) {
    test::Loop loop;
    Pair pair(loop.context());
    auto forge = [](std::string sdp) {
      auto digit = sdp.find("sha-256 ") + 8;
      sdp[digit] = sdp[digit] == 'A' ? 'B' : 'A';
      return sdp;
    };
    (in_offer ? pair.change_offer : pair.change_answer) = forge;
    pair.start();
    fail_unless(loop.run_until([&] { return pair.closed(); }, 5s));
    auto& seer = in_offer ? pair.answerer : pair.offerer;
    fail_unless(seer.reason.find("certificate") != std::string::npos, "%s", seer.reason.c_str());
    fail_unless_equals_int(pair.offerer.opened + pair.answerer.opened, 0);
    fail_unless_equals_int(pair.against_rules(), 0);
  }
}
GST_END_TEST;

// Rule: what is no description closes the connection, with a reason and not at once.
GST_START_TEST(garbage_descriptions_close) {
  test::Loop loop;
  for (std::string garbage : {std::string(), std::string("v=0"), std::string(100'000, 'a'),
                              std::string("v=0\r\nm=audio 9 RTP/AVP 0\r\n")}) {
    Pair offered(loop.context()), answered(loop.context());
    offered.change_offer = answered.change_answer = [&](std::string) { return garbage; };
    offered.start();
    answered.start();
    fail_unless(loop.run_until([&] { return offered.answerer.closed && answered.offerer.closed; }));
    fail_unless(offered.answerer.reason.starts_with("bad offer"));
    fail_unless(answered.offerer.reason.starts_with("bad answer"));
    fail_unless_equals_int(offered.against_rules() + answered.against_rules(), 0);
  }
}
GST_END_TEST;

// Rule: candidates that cannot be used are passed over, and late ones do as well as early ones; one
// side's are enough (as with a browser that hides behind mDNS names).
GST_START_TEST(late_candidates_connect) {
  test::Loop loop;
  Pair pair(loop.context());
  std::vector<std::string> late;
  pair.change_offer = [&](std::string sdp) {
    late = take_candidates(sdp);
    return sdp;
  };
  pair.change_answer = [&](std::string sdp) {
    take_candidates(sdp);
    return sdp;
  };
  pair.start();
  fail_unless(loop.run_until([&] { return !pair.answerer.description.empty(); }));
  fail_if(loop.run_until([&] { return pair.open(); }, 200ms));
  fail_if(late.empty());
  late.insert(late.begin(),
              {"", "candidate:", "candidate:1 1 UDP 1 x y typ host", std::string(100'000, ' '),
               "candidate:1 1 UDP 2113937151 2f9b3a-11.local 50000 typ host",
               "candidate:1 1 TCP 2113937151 127.0.0.1 9 typ host tcptype active",
               "candidate:1 1 UDP 2113937151 224.0.0.1 5000 typ host"});
  pair.answerer.during([&](auto& connection) { connection.add_candidates(late); });
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s / %s", pair.offerer.reason.c_str(),
              pair.answerer.reason.c_str());
}
GST_END_TEST;

// Rule: candidates may come before the description that they belong to.
GST_START_TEST(early_candidates_are_kept) {
  test::Loop loop;
  Pair pair(loop.context());
  pair.change_answer = [&](std::string sdp) {
    pair.offerer.connection->add_candidates(take_candidates(sdp));
    return sdp;
  };
  pair.change_offer = [&](std::string sdp) {
    take_candidates(sdp);
    return sdp;
  };
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
}
GST_END_TEST;

// Rule: a graceful close reaches the other side at once; the closer itself hears nothing more.
GST_START_TEST(a_graceful_close_is_noticed_at_once) {
  for (bool by_destruction : {false, true}) {
    test::Loop loop;
    Pair pair(loop.context());
    pair.start();
    fail_unless(loop.run_until([&] { return pair.open(); }));
    if (by_destruction)
      pair.offerer.connection.reset();
    else
      pair.offerer.during([](auto& connection) { connection.close(); });
    fail_unless(loop.run_until([&] { return pair.answerer.closed > 0; }, 500ms));
    fail_unless_equals_int(pair.offerer.closed, 0);
    if (!by_destruction)
      fail_if(pair.offerer.send({1}));
    fail_unless_equals_int(pair.against_rules(), 0);
  }
}
GST_END_TEST;

// Rule: a connection may be let go of in any of its events; none follows.
GST_START_TEST(a_connection_may_end_in_its_events) {
  test::Loop loop;
  {
    Pair pair(loop.context());
    pair.answerer.on_message = [&](auto) {
      pair.answerer.connection.reset();
      ++pair.answerer.closed; // an event from now on is against the rules
    };
    pair.start();
    fail_unless(loop.run_until([&] { return pair.open(); }));
    for (int i = 0; i < 20; ++i)
      fail_unless(pair.offerer.send({1, 2, 3}));
    fail_unless(loop.run_until([&] { return pair.offerer.closed > 0; }, 1s));
    fail_unless_equals_int(pair.against_rules(), 0);
  }
  {
    Pair pair(loop.context());
    pair.offerer.on_description = [&](const std::string&) { pair.offerer.connection.reset(); };
    pair.start();
    fail_unless(loop.run_until([&] { return !pair.offerer.connection; }));
    loop.run_for(20ms);
  }
}
GST_END_TEST;

// Rule: fifty connections of one process open together, and each carries its own messages.
GST_START_TEST(fifty_connections_at_once) {
  test::Loop loop;
  constexpr int count = test::share == 1 ? 50 : 12;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < count; ++i) {
    pairs.push_back(std::make_unique<Pair>(loop.context()));
    pairs.back()->start();
  }
  auto all = [&](auto condition) {
    return [&, condition] { return std::ranges::all_of(pairs, condition); };
  };
  auto begin = std::chrono::steady_clock::now();
  fail_unless(loop.run_until(all([](auto& pair) { return pair->open(); }), 15s));
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%d connections, both ends in one thread: open after %.2f s\n", count, took.count());
  for (std::size_t i = 0; i < pairs.size(); ++i)
    fail_unless(pairs[i]->offerer.send(pattern(60'000, unsigned(i))));
  fail_unless(loop.run_until(all([](auto& pair) { return pair->answerer.messages.size() == 1; })));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    fail_unless(pairs[i]->answerer.messages.front() == pattern(60'000, unsigned(i)));
}
GST_END_TEST;

// Rule: usrsctp's timers belong to one thread; another context is refused with a reason, and is
// welcome when the first is done.
GST_START_TEST(one_context_at_a_time) {
  test::Loop loop;
  auto pair = std::make_unique<Pair>(loop.context());
  {
    test::Loop second;
    test::Peer refused(second.context());
    refused.during([](auto& connection) { connection.offer(); });
    fail_unless(second.run_until([&] { return refused.closed > 0; }));
    fail_unless_equals_int(refused.against_rules, 0);
  }
  pair.reset();
  test::Loop second;
  Pair later(second.context());
  later.start();
  fail_unless(second.run_until([&] { return later.open(); }));
}
GST_END_TEST;

// Rule: an offer that nobody answers ends after 15 seconds.
GST_START_TEST(set_up_has_a_deadline) {
  test::Loop loop;
  test::Peer peer(loop.context());
  peer.during([](auto& connection) { connection.offer(); });
  fail_if(loop.run_until([&] { return peer.closed > 0; }, 14s));
  fail_unless(loop.run_until([&] { return peer.closed > 0; }, 2s));
}
GST_END_TEST;

static Suite* peer_connection_suite() {
  auto* suite = suite_create("peer_connection");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 90);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_ends_open);
  tcase_add_test(tcase, messages_of_every_size_are_echoed);
  tcase_add_test(tcase, bulk_both_ways_by_hash);
  tcase_add_test(tcase, a_wrong_fingerprint_closes_both);
  tcase_add_test(tcase, garbage_descriptions_close);
  tcase_add_test(tcase, late_candidates_connect);
  tcase_add_test(tcase, early_candidates_are_kept);
  tcase_add_test(tcase, a_graceful_close_is_noticed_at_once);
  tcase_add_test(tcase, a_connection_may_end_in_its_events);
  tcase_add_test(tcase, fifty_connections_at_once);
  tcase_add_test(tcase, one_context_at_a_time);
  tcase_add_test(tcase, set_up_has_a_deadline);
  return suite;
}

GST_CHECK_MAIN(peer_connection)
