// Descriptions and candidates: what browsers write is read, what nobody should write is refused.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sdp.h"

#include "net/crc32c.h"
#include "net/dcep.h"
#include "net/ice_candidate.h"

#include <algorithm>
#include <random>
#include <usrsctp.h>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::net;
using Setup = SessionDescription::Setup;

namespace {

constexpr auto digest = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:"
                        "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99";

const std::string chromium = std::string("v=0\r\n"
                                         "o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"
                                         "s=-\r\n"
                                         "t=0 0\r\n"
                                         "a=group:BUNDLE 0\r\n"
                                         "a=extmap-allow-mixed\r\n"
                                         "a=msid-semantic: WMS\r\n"
                                         "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                                         "c=IN IP4 0.0.0.0\r\n"
                                         "a=candidate:842163049 1 udp 1677729535 203.0.113.7 46154 "
                                         "typ srflx raddr 0.0.0.0 rport 0 generation 0 "
                                         "network-cost 999\r\n"
                                         "a=ice-ufrag:EsAw\r\n"
                                         "a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n"
                                         "a=ice-options:trickle\r\n"
                                         "a=fingerprint:sha-256 ") +
                             digest +
                             "\r\n"
                             "a=setup:actpass\r\n"
                             "a=mid:0\r\n"
                             "a=sctp-port:5000\r\n"
                             "a=max-message-size:262144\r\n";

const std::string firefox = std::string("v=0\r\n"
                                        "o=mozilla...THIS_IS_SDPARTA-99.0 6139 0 IN IP4 0.0.0.0\r\n"
                                        "s=-\r\n"
                                        "t=0 0\r\n"
                                        "a=sendrecv\r\n"
                                        "a=fingerprint:sha-256 ") +
                            digest +
                            "\r\n"
                            "a=group:BUNDLE data\r\n"
                            "a=ice-options:trickle\r\n"
                            "a=msid-semantic:WMS *\r\n"
                            "m=application 58712 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                            "c=IN IP4 203.0.113.9\r\n"
                            "a=candidate:0 1 UDP 2122252543 4d3c-9.local 58712 typ host\r\n"
                            "a=candidate:2 1 TCP 2105524479 4d3c-9.local 9 typ host tcptype "
                            "active\r\n"
                            "a=sendrecv\r\n"
                            "a=end-of-candidates\r\n"
                            "a=ice-pwd:0d6b3bbd7e1b22b34e3fee0a7d6a3f0a\r\n"
                            "a=ice-ufrag:cc4dd2a5\r\n"
                            "a=mid:data\r\n"
                            "a=setup:active\r\n"
                            "a=sctp-port:5000\r\n"
                            "a=max-message-size:1073741823\r\n";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  auto at = text.find(what);
  fail_if(at == text.npos, "%s", what.c_str());
  return text.replace(at, what.size(), by);
}

} // namespace

// Rule: what is written is read back.
GST_START_TEST(a_description_survives_the_way) {
  SessionDescription written;
  written.ufrag = "abcd";
  written.password = "0123456789abcdefghijkl";
  written.fingerprint = digest;
  written.setup = Setup::passive;
  written.mid = "data";
  written.sctp_port = 5001;
  written.max_message = 100'000;
  written.candidates = {"candidate:1 1 UDP 2113937151 192.0.2.1 50000 typ host"};
  auto read = read_sdp(write_sdp(written));
  fail_unless(read.has_value(), "%s", read ? "" : read.error().c_str());
  fail_unless(read->ufrag == written.ufrag && read->password == written.password);
  fail_unless(read->fingerprint == written.fingerprint && read->setup == written.setup);
  fail_unless(read->mid == written.mid && read->sctp_port == written.sctp_port);
  fail_unless(read->max_message == written.max_message && read->candidates == written.candidates);
}
GST_END_TEST;

// Rule: descriptions as Chromium and Firefox write them are understood.
GST_START_TEST(descriptions_of_browsers_are_read) {
  auto offer = read_sdp(chromium);
  fail_unless(offer.has_value(), "%s", offer ? "" : offer.error().c_str());
  fail_unless(offer->setup == Setup::actpass && offer->ufrag == "EsAw");
  fail_unless(offer->fingerprint == digest && offer->max_message == 262'144);
  fail_unless_equals_int(offer->candidates.size(), 1);
  auto candidate = parse_candidate(offer->candidates.front());
  fail_unless(candidate && candidate->address == "203.0.113.7" && candidate->port == 46154);
  fail_unless(candidate->type == IceCandidate::Type::server_reflexive);

  auto answer = read_sdp(firefox);
  fail_unless(answer.has_value(), "%s", answer ? "" : answer.error().c_str());
  fail_unless(answer->setup == Setup::active && answer->mid == "data");
  fail_unless(answer->fingerprint == digest); // of the session
  fail_unless_equals_int(answer->candidates.size(), 2);
  for (auto& line : answer->candidates)
    fail_if(parse_candidate(line)); // mDNS and TCP
}
GST_END_TEST;

// Rule: a=max-message-size absent means 64 KiB, and 0 any size (RFC 8841 section 6.1).
GST_START_TEST(message_size_has_its_defaults) {
  auto none = read_sdp(replaced(chromium, "a=max-message-size:262144\r\n", ""));
  fail_unless(none && none->max_message == 65'536);
  auto any = read_sdp(replaced(chromium, "size:262144", "size:0"));
  fail_unless(any && any->max_message == SIZE_MAX);
}
GST_END_TEST;

// Rule: a description that lacks something, or has it malformed, is refused.
GST_START_TEST(bad_descriptions_are_refused) {
  const std::pair<const char*, std::string> changes[] = {
      {"v=0", "v=1"},
      {"UDP/DTLS/SCTP", "UDP/TLS/RTP/SAVPF"},
      {"webrtc-datachannel", "5000"},
      {"m=application 9", "m=application 0"},
      {"m=application", "m=audio"},
      {"a=ice-ufrag:EsAw\r\n", ""},
      {"EsAw", "Es w"},
      {"EsAw", "E"},
      {"EsAw", std::string(300, 'a')},
      {"bP+XJMM09aR8AiX1jdukzR6Y", "short"},
      {"sha-256", "sha-1"},
      {"AA:BB", "AA-BB"},
      {"AA:BB", "GG:BB"},
      {"AA:BB:", ""},
      {"setup:actpass", "setup:holdconn"},
      {"a=setup:actpass\r\n", ""},
      {"sctp-port:5000", "sctp-port:0"},
      {"sctp-port:5000", "sctp-port:70000"},
      {"max-message-size:262144", "max-message-size:-1"},
      {"max-message-size:262144", "max-message-size:99999999999999999999999"},
      {"a=mid:0", "a=mid:" + std::string(40, 'x')},
      {"a=mid:0", std::string("a=mid:0\0x", 9)},
      {"a=mid:0", "a=mid:\xc3\xa4"},
      {"a=mid:0", "a=mid:0\r\na=x:" + std::string(2000, 'x')},
      {"a=mid:0\r\n", "a=mid:0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"},
  };
  for (auto& [what, by] : changes)
    fail_if(read_sdp(replaced(chromium, what, by)), "%s -> %s", what, by.c_str());
  std::string lines = chromium;
  for (int i = 0; i < 1000; ++i)
    lines += "a=x\r\n";
  fail_if(read_sdp(lines));
}
GST_END_TEST;

// Rule: no text makes the reader fall; and it takes no more candidates than a connection has.
GST_START_TEST(hostile_text_is_survived) {
  std::mt19937 random(7);
  auto below = [&](std::size_t limit) { return random() % std::max<std::size_t>(limit, 1); };
  for (int round = 0; round < 20'000; ++round) {
    auto text = round % 2 ? chromium : firefox;
    for (auto changes = 1 + below(8); changes > 0; --changes) {
      auto at = below(text.size());
      if (text.empty())
        break;
      switch (below(4)) {
      case 0:
        text[at] = char(below(256));
        break;
      case 1:
        text.erase(at, below(40));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), below(60)));
        break;
      default:
        text.resize(std::max<std::size_t>(at, 1));
      }
    }
    if (auto description = read_sdp(text))
      for (auto& line : description->candidates)
        (void)parse_candidate(line);
  }
  auto many = chromium;
  for (int i = 0; i < 100; ++i)
    many += "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n";
  auto read = read_sdp(many);
  fail_unless(read && read->candidates.size() == max_candidates);
}
GST_END_TEST;

// Rule: only a candidate that a UDP socket can be pointed at is one.
GST_START_TEST(candidates_are_verified) {
  const std::string good = "candidate:1 1 UDP 2113937151 192.0.2.1 50000 typ host";
  fail_unless(parse_candidate(good).has_value());
  fail_unless(parse_candidate("a=" + good).has_value());
  fail_unless(parse_candidate(replaced(good, "192.0.2.1", "2001:db8::1")).has_value());
  fail_unless(parse_candidate(replaced(good, "192.0.2.1", "127.0.0.1"))->loopback);
  const std::pair<const char*, std::string> changes[] = {
      {"candidate:1", "candidate:"},
      {"candidate:1", "candidate:" + std::string(33, '1')},
      {"candidate:1", "candidate"},
      {" 1 UDP", " 2 UDP"},
      {"UDP", "TCP"},
      {"2113937151", "4294967296"},
      {"2113937151", "-1"},
      {"192.0.2.1", "a.example"},
      {"192.0.2.1", "x.local"},
      {"192.0.2.1", "0.0.0.0"},
      {"192.0.2.1", "::"},
      {"192.0.2.1", "239.1.2.3"},
      {"192.0.2.1", "255.255.255.255"},
      {"192.0.2.1", "fe80::1%eth0"},
      {"192.0.2.1", "192.0.2"},
      {"50000", "0"},
      {"50000", "65536"},
      {"50000", "5e4"},
      {"typ host", "typ"},
      {"typ host", "typ ghost"},
      {"typ host", "host typ"},
      {" UDP", ""},
  };
  for (auto& [what, by] : changes)
    fail_if(parse_candidate(replaced(good, what, by)), "%s -> %s", what, by.c_str());
}
GST_END_TEST;

// Rule: DCEP's messages are as RFC 8832 section 5 lays them out, and their lengths are verified.
GST_START_TEST(dcep_messages) {
  auto open = write_dcep_open("p2plive");
  const std::vector<std::uint8_t> expected{3, 0, 0,   0,   0,   0,   0,   0,   0,  7,
                                           0, 0, 'p', '2', 'p', 'l', 'i', 'v', 'e'};
  fail_unless(open == expected);
  auto read = read_dcep_open(open);
  fail_unless(read && read->label == "p2plive" && read->reliable_and_ordered);
  for (std::size_t size = 0; size < open.size(); ++size)
    fail_if(read_dcep_open(std::span(open).first(size)));
  open[9] = 255;
  fail_if(read_dcep_open(open));
  fail_unless(is_dcep_ack(write_dcep_ack()));
}
GST_END_TEST;

// Rule: the checksum by the processor's instruction is usrsctp's own, and RFC 3720's (B.4).
GST_START_TEST(checksums_agree) {
  std::vector<std::uint8_t> bytes(32, 0);
  fail_unless_equals_uint64(sctp_crc32c(bytes), 0x8A9136AAu);
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    bytes.resize(size);
    for (auto& byte : bytes)
      byte = std::uint8_t(random());
    fail_unless_equals_uint64(sctp_crc32c(bytes), usrsctp_crc32c(bytes.data(), size));
  }
}
GST_END_TEST;

static Suite* sdp_suite() {
  auto* suite = suite_create("sdp");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_description_survives_the_way);
  tcase_add_test(tcase, descriptions_of_browsers_are_read);
  tcase_add_test(tcase, message_size_has_its_defaults);
  tcase_add_test(tcase, bad_descriptions_are_refused);
  tcase_add_test(tcase, hostile_text_is_survived);
  tcase_add_test(tcase, candidates_are_verified);
  tcase_add_test(tcase, dcep_messages);
  tcase_add_test(tcase, checksums_agree);
  return suite;
}

GST_CHECK_MAIN(sdp)
