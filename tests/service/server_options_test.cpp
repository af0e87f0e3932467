// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"
#include "server/server_options.h"

#include <fstream>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace p2plive::server;

namespace {

OrError<ServerOptions> read(const std::string& text) {
  processes::TemporaryDirectory folder("p2plive-options");
  std::ofstream(folder / "conf") << text;
  return read_key_file(folder / "conf", {});
}

void expect_error(const std::string& text, const char* word) {
  auto options = read(text);
  fail_if(options.has_value(), "%s was taken", text.c_str());
  fail_unless(options.error().find(word) != std::string::npos, "%s: %s", text.c_str(),
              options.error().c_str());
}

} // namespace

// Rule: the shipped key file shows every default, and so changes nothing.
GST_START_TEST(shipped_file) {
  // Other values, so that each key that the file does not set would be seen.
  ServerOptions other;
  other.listen = {"::1", 1};
  other.public_uri = "http://other";
  other.address_header = "Other";
  other.max_connections = 1;
  other.idle_timeout = std::chrono::seconds(1);
  auto& services = other.services;
  services.roles = {service::Role::cps};
  services.requests_per_second = 1;
  services.index.max_age = services.cps.max_age = std::chrono::seconds(1);
  services.tracker = {std::chrono::seconds(1), std::chrono::seconds(1), 1};
  services.limits = {1, 1};

  auto file = read_key_file(P2PLIVE_SERVER_CONF, other);
  fail_unless(file.has_value(), "%s", file ? "" : file.error().c_str());
  ServerOptions defaults;
  fail_unless(to_string(file->listen) == to_string(defaults.listen));
  fail_unless(file->public_uri.empty() && file->address_header.empty());
  fail_unless_equals_int(file->max_connections, defaults.max_connections);
  fail_unless(file->idle_timeout == defaults.idle_timeout);
  const auto &read = file->services, &expected = defaults.services;
  fail_unless(read.roles == expected.roles);
  fail_unless(read.requests_per_second == expected.requests_per_second);
  fail_unless(read.index.max_age == expected.index.max_age);
  fail_unless(read.cps.max_age == expected.cps.max_age);
  fail_unless(read.tracker.interval == expected.tracker.interval);
  fail_unless(read.tracker.expiry == expected.tracker.expiry);
  fail_unless_equals_int(read.tracker.max_peers, expected.tracker.max_peers);
  fail_unless_equals_uint64(read.limits.viewers, expected.limits.viewers);
  fail_unless_equals_uint64(read.limits.swarms, expected.limits.swarms);
  fail_unless(validate(*file).has_value());
}
GST_END_TEST;

// Rule: what is written is taken over.
GST_START_TEST(key_file) {
  auto options = read("[server]\nlisten=[::1]:0\nroles=tracker;index\nidle-timeout = 3\n"
                      "[index]\nmqtt=a:1;tls://b:2\nstun=[::1]:3478\ntracker-uris=https://t/x\n"
                      "[tracker]\ninterval=5\nmax-viewers=7\n");
  fail_unless(options.has_value(), "%s", options ? "" : options.error().c_str());
  fail_unless(to_string(options->listen) == "[::1]:0");
  fail_unless_equals_int(options->idle_timeout.count(), 3);
  const auto& services = options->services;
  fail_unless((services.roles == std::vector{service::Role::index, service::Role::tracker}));
  fail_unless_equals_uint64(services.index.mqtt.size(), 2);
  fail_unless(services.index.mqtt[1].tls && services.index.mqtt[1].port == 2);
  fail_unless_equals_string(services.index.stun[0].host.c_str(), "::1");
  fail_unless_equals_string(services.index.tracker_uris[0].c_str(), "https://t/x");
  fail_unless_equals_int(services.tracker.interval.count(), 5);
  fail_unless_equals_uint64(services.limits.viewers, 7);
}
GST_END_TEST;

// Rule: the rules of the file work, in their order.
GST_START_TEST(stream_id_rules) {
  auto options = read("[stream-id one]\nhosts=Edge*.example.com\npath=/t-*(/live/**);/alias(/**)\n"
                      "[stream-id two]\nhosts=**\nkeep-parameters=c;a\n");
  fail_unless(options.has_value(), "%s", options ? "" : options.error().c_str());
  auto expect = [&](const char* uri, const char* id) {
    fail_unless(options->services.cps.rules.stream_id(uri) == std::string(id), "%s is not %s", uri,
                id);
  };
  expect("http://edge1.example.com/t-9/live/x", "group:one/live/x");
  expect("http://edge1.example.com/alias/live/x", "group:one/live/x");
  expect("http://h/x?a=1&b=2&c=3", "group:two/x?a=1&c=3");
}
GST_END_TEST;

// Rule: a misspelling is an error that names the place, never silently a default.
GST_START_TEST(misspellings) {
  expect_error("[server]\nlisten-on=127.0.0.1:1\n", "listen-on");
  expect_error("[trakcer]\ninterval=30\n", "trakcer");
  expect_error("[tracker]\ninterval=soon\n", "interval");
  expect_error("[tracker]\nmax-peers=-1\n", "max-peers");
  expect_error("[server]\nroles=index;trackr\n", "trackr");
  expect_error("[server]\nlisten=8100\n", "HOST:PORT");
  expect_error("[index]\nmqtt=broker\n", "HOST:PORT");
  expect_error("[stream-id x]\npath=/(a\n", "brackets");
  expect_error("interval=30\n", "conf");
  fail_if(read_key_file("/nonexistent/p2plive.conf", {}).has_value());
}
GST_END_TEST;

// Rule: addresses are taken as they are commonly written, and nothing else is.
GST_START_TEST(addresses) {
  auto v6 = parse_address("[2001:db8::1]:80");
  fail_unless(v6 && v6->host == "2001:db8::1" && v6->port == 80);
  fail_unless(to_string(*v6) == "[2001:db8::1]:80");
  for (const char* text : {"", ":80", "h", "h:", "h:65536", "h:-1", "h:8x", "::1:80", "[h]:80",
                           "http://h:80", "u@h:80", "h :80", "[::1]80"})
    fail_if(parse_address(text).has_value(), "%s was taken", text);
  fail_if(parse_addresses("a:1,b:0").has_value());
}
GST_END_TEST;

// Rule: options that cannot work together are refused before anything listens.
GST_START_TEST(contradictions) {
  ServerOptions options;
  options.listen.host = "0.0.0.0";
  fail_if(validate(options).has_value());
  options.public_uri = "https://p2p.example.com";
  fail_unless(validate(options).has_value());
  options.services.tracker.interval = std::chrono::seconds(60);
  fail_if(validate(options).has_value());
}
GST_END_TEST;

// Rule: the index names this process's endpoints unless others are configured, and only those of
// roles that it has.
GST_START_TEST(own_endpoints) {
  ServerOptions options;
  complete_index(options, 4711);
  const auto& index = options.services.index;
  fail_unless_equals_string(index.cps_uris[0].c_str(), "http://127.0.0.1:4711/v1/cps");
  fail_unless_equals_string(index.tracker_uris[0].c_str(), "http://127.0.0.1:4711/v1/announce");

  ServerOptions split;
  split.public_uri = "https://p2p.example.com/";
  split.services.roles = {service::Role::index, service::Role::cps};
  split.services.index.cps_uris = {"https://other/v1/cps"};
  complete_index(split, 1);
  fail_unless(split.services.index.cps_uris == std::vector<std::string>{"https://other/v1/cps"});
  fail_unless(split.services.index.tracker_uris.empty());
  split.services.index.cps_uris.clear();
  complete_index(split, 1);
  fail_unless_equals_string(split.services.index.cps_uris[0].c_str(),
                            "https://p2p.example.com/v1/cps");
}
GST_END_TEST;

static Suite* server_options_suite() {
  auto* suite = suite_create("server_options");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, shipped_file);
  tcase_add_test(tcase, key_file);
  tcase_add_test(tcase, stream_id_rules);
  tcase_add_test(tcase, misspellings);
  tcase_add_test(tcase, addresses);
  tcase_add_test(tcase, contradictions);
  tcase_add_test(tcase, own_endpoints);
  return suite;
}

GST_CHECK_MAIN(server_options)
