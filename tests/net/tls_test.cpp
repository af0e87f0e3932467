// HttpClient and MqttClient over TLS, against a real nginx and a real mosquitto.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_client.h"
#include "net/mqtt_client.h"

#include <cstdlib>
#include <fstream>

#include <gio/gio.h>

#include "processes/free_port.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include "http_record.h"
#include "loop.h"
#include "raw_server.h"
#include "tls_broker.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using Kind = net::HttpError::Kind;
using test::HttpRecord;

namespace {

struct World {
  processes::TemporaryDirectory directory{"p2plive-tls-test"};
  test::Authority authority{directory.path()};
  test::Loop loop;

  /// The system's authorities are those of this test from here on.
  void trust() {
    GError* error = nullptr;
    auto* database = g_tls_file_database_new(authority.file("ca.pem").c_str(), &error);
    fail_unless(database, "%s", error ? error->message : "");
    g_tls_backend_set_default_database(g_tls_backend_get_default(), G_TLS_DATABASE(database));
    g_object_unref(database);
    setenv("SSL_CERT_FILE", authority.file("ca.pem").c_str(), 1); // OpenSSL's way
  }

  processes::Service nginx(const std::string& subject) {
    fail_unless(authority.sign("server", subject));
    std::ofstream(directory / "file") << std::string(200'000, 'x');
    processes::NginxOptions options;
    options.directory = directory.path();
    options.root = directory.path();
    options.complete_servers = "server { listen 127.0.0.1:@PORT@ ssl http2; root " +
                               directory.path().string() + "; ssl_certificate " +
                               authority.file("server.pem") + "; ssl_certificate_key " +
                               authority.file("server.key") +
                               "; location = /who { if ($http_authorization != \"Bearer x\") { "
                               "return 403; } return 204; } }";
    auto started = processes::start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    return std::move(*started);
  }

  processes::ChildProcess mosquitto(const std::string& subject, std::uint16_t port) {
    auto broker = test::start_tls_broker(authority, directory.path(), subject, port);
    fail_unless(broker.has_value(), "%s", broker ? "" : broker.error().c_str());
    return std::move(*broker);
  }
};

void get(World& world, HttpRecord& record, net::HttpRequest request, bool verify = true) {
  net::HttpClient client(world.loop.context(), {.verify_tls = verify});
  record.start(client, std::move(request));
  fail_unless(world.loop.run_until([&] { return record.over(); }));
}

struct Peer {
  unsigned ready = 0, messages = 0;
  std::vector<std::string> lost;
  std::unique_ptr<net::MqttClient> client;
  Peer(World& world, const std::string& host, std::uint16_t port,
       net::MqttClient::Trust trust = {}) {
    net::MqttClient::Options options;
    options.host = host;
    options.port = port;
    options.tls = true;
    options.trust = std::move(trust);
    options.inbox = "inbox/me";
    options.backoff_first = 20ms;
    client = std::make_unique<net::MqttClient>(
        world.loop.context(), options,
        net::MqttClient::Events{.ready = [this] { ++ready; },
                                .lost = [this](std::string reason) { lost.push_back(reason); },
                                .message = [this](auto, auto) { ++messages; }});
  }
};

} // namespace

// Rule: a certificate that no known authority signed is refused, unless the application says so.
GST_START_TEST(http_unknown_authority) {
  World world;
  auto nginx = world.nginx("IP:127.0.0.1");
  const auto uri = "https://" + nginx.address() + "/file";
  HttpRecord refused, unverified;
  get(world, refused, {.uri = uri});
  fail_unless(refused.failed_as(Kind::tls), "%s",
              refused.error ? refused.error->detail.c_str() : "done");
  fail_if(refused.head);
  get(world, unverified, {.uri = uri}, false);
  fail_unless(unverified.done);
}
GST_END_TEST;

// Rule: authorities that the application names are trusted; an identity is shown over HTTP/2 as
// well.
GST_START_TEST(http_named_authority) {
  World world;
  auto nginx = world.nginx("IP:127.0.0.1");
  const auto uri = "https://" + nginx.address() + "/file";
  auto* database = g_tls_file_database_new(world.authority.file("ca.pem").c_str(), nullptr);
  fail_unless(database != nullptr);
  net::HttpClient client(
      world.loop.context(),
      {.tls_database = {G_TLS_DATABASE(database), g_object_unref},
       .identity = net::HttpIdentity{.home = uri, .headers = {{"Authorization", "Bearer x"}}}});
  HttpRecord record, who;
  record.start(client, {.uri = uri});
  fail_unless(world.loop.run_until([&] { return record.over(); }));
  fail_unless(record.done, "%s", record.error ? record.error->detail.c_str() : "");
  who.start(client, {.uri = "https://" + nginx.address() + "/who"});
  fail_unless(world.loop.run_until([&] { return who.over(); }));
  fail_unless_equals_int(who.head.value().status, 204);
}
GST_END_TEST;

// Rule: with a known authority it works, over HTTP/2 where the server speaks it, ranges too.
GST_START_TEST(http_known_authority) {
  World world;
  world.trust();
  auto nginx = world.nginx("IP:127.0.0.1,DNS:localhost");
  HttpRecord whole, part, named;
  get(world, whole, {.uri = "https://" + nginx.address() + "/file"});
  fail_unless(whole.done, "%s", whole.error ? whole.error->detail.c_str() : "");
  fail_unless_equals_int(whole.body.size(), 200'000);
  get(world, part,
      {.uri = "https://" + nginx.address() + "/file", .range = net::ByteRange{1000, 1999}});
  fail_unless(part.done && part.body.size() == 1000 && part.head->first == 1000);
  get(world, named, {.uri = "https://localhost:" + std::to_string(nginx.port) + "/file"});
  fail_unless(named.done, "%s", named.error ? named.error->detail.c_str() : "");
}
GST_END_TEST;

// Rule: a certificate for another name is refused.
GST_START_TEST(http_another_name) {
  World world;
  world.trust();
  auto nginx = world.nginx("DNS:elsewhere.example");
  HttpRecord record;
  get(world, record, {.uri = "https://" + nginx.address() + "/file"});
  fail_unless(record.failed_as(Kind::tls));
}
GST_END_TEST;

// Rule: many transfers at once share one connection of HTTP/2, and one that is given up does not
// harm the others.
GST_START_TEST(http_2_shares_a_connection) {
  World world;
  world.trust();
  auto nginx = world.nginx("IP:127.0.0.1");
  net::HttpClient client(world.loop.context(), {});
  const auto uri = "https://" + nginx.address() + "/file";
  HttpRecord first;
  first.start(client, {.uri = uri});
  fail_unless(world.loop.run_until([&] { return first.over(); }));
  std::vector<HttpRecord> records(40);
  unsigned given_up = 0;
  for (auto& record : records) {
    auto events = record.events();
    if (&record - &records[0] < 10)
      events.data = [&](auto) {
        ++given_up;
        record.transfer = nullptr;
      };
    record.transfer = client.start({.uri = uri}, events);
  }
  fail_unless(world.loop.run_until([&] {
    unsigned done = 0;
    for (auto& record : records)
      done += record.done && record.body.size() == 200'000;
    return done == 30 && given_up == 10;
  }));
  nginx.process.terminate();
  std::ifstream log(nginx.directory / "access.log");
  std::string line, connection;
  for (unsigned lines = 0; std::getline(log, line); ++lines) {
    const auto last = line.substr(line.rfind('\t') + 1);
    fail_unless(lines == 0 || last == connection, "not HTTP/2: %s", line.c_str());
    connection = last;
  }
  fail_if(connection.empty());
}
GST_END_TEST;

// Rule: the broker's certificate is checked against the name that was configured, although
// libmosquitto only ever sees an address.
GST_START_TEST(mqtt_names_are_checked) {
  World world;
  world.trust();
  const auto port = processes::free_port();
  auto broker = world.mosquitto("DNS:localhost", port);
  Peer named(world, "localhost", port), address(world, "127.0.0.1", port);
  const bool told = world.loop.run_until([&] { return named.ready && address.lost.size() >= 2; });
  fail_unless(told, "ready %u, lost: %s, %zu times", named.ready,
              named.lost.empty() ? "never" : named.lost.back().c_str(), address.lost.size());
  fail_unless_equals_int(address.ready, 0);
  const std::vector<std::uint8_t> bytes(10'000, 7);
  for (int i = 0; i < 20; ++i)
    fail_unless(named.client->publish("inbox/me", bytes));
  fail_unless(world.loop.run_until([&] { return named.messages == 20; }));
  fail_unless(named.lost.empty());
}
GST_END_TEST;

// Rule: a broker whose authority is unknown is refused; literal addresses can be certified.
GST_START_TEST(mqtt_authorities_are_checked) {
  World world;
  const auto port = processes::free_port();
  auto broker = world.mosquitto("IP:127.0.0.1", port);
  world.loop.watch_gaps();
  {
    Peer stranger(world, "127.0.0.1", port); // reads all of the system's authorities
    fail_unless(world.loop.run_until([&] { return stranger.lost.size() >= 2; }, 40s));
    fail_unless_equals_int(stranger.ready, 0);
  }
  const auto gap = world.loop.worst_gap();
  fail_unless(gap <= 100ms, "the loop stood still for %d ms", int(gap.count()));
  world.trust();
  Peer peer(world, "127.0.0.1", port);
  fail_unless(world.loop.run_until([&] { return peer.ready == 1; }));
}
GST_END_TEST;

// Rule: authorities that the application names are trusted, and no others; any certificate is,
// where it says so.
GST_START_TEST(mqtt_named_authority) {
  World world;
  const auto port = processes::free_port();
  auto broker = world.mosquitto("IP:127.0.0.1", port);
  test::Authority other(world.directory.path(), "other");
  Peer named(world, "127.0.0.1", port, {.ca_file = world.authority.file("ca.pem")});
  Peer unverified(world, "127.0.0.1", port, {.verify = false});
  Peer stranger(world, "127.0.0.1", port, {.ca_file = other.file("other.pem")});
  Peer missing(world, "127.0.0.1", port, {.ca_file = "/nonexistent/ca.pem"});
  fail_unless(world.loop.run_until([&] {
    return named.ready && unverified.ready && stranger.lost.size() >= 2 && missing.lost.size() >= 2;
  }));
  fail_unless(named.lost.empty() && unverified.lost.empty());
  fail_unless_equals_int(stranger.ready + missing.ready, 0);
}
GST_END_TEST;

// Rule: a port that refuses, or closes within the handshake, is told soon, with TLS as without.
GST_START_TEST(mqtt_failed_handshakes) {
  World world;
  world.trust(); // one authority is read sooner than all
  test::RawServer closing([](auto& connection) { connection.read(); });
  test::RawServer plain([](auto& connection) {
    connection.read();
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.hold();
  });
  Peer refused(world, "127.0.0.1", processes::free_port());
  Peer closed(world, "127.0.0.1", closing.port()), no_tls(world, "127.0.0.1", plain.port());
  const bool told = world.loop.run_until(
      [&] {
        return refused.lost.size() >= 2 && closed.lost.size() >= 2 && no_tls.lost.size() >= 2;
      },
      8s); // before the deadline of an attempt
  fail_unless(told, "refused %zu, closed %zu, no TLS %zu", refused.lost.size(), closed.lost.size(),
              no_tls.lost.size());
  fail_unless_equals_int(refused.ready + closed.ready + no_tls.ready, 0);
}
GST_END_TEST;

static Suite* tls_suite() {
  auto* suite = suite_create("tls");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, http_unknown_authority);
  tcase_add_test(tcase, http_named_authority);
  tcase_add_test(tcase, http_known_authority);
  tcase_add_test(tcase, http_another_name);
  tcase_add_test(tcase, http_2_shares_a_connection);
  tcase_add_test(tcase, mqtt_names_are_checked);
  tcase_add_test(tcase, mqtt_authorities_are_checked);
  tcase_add_test(tcase, mqtt_named_authority);
  tcase_add_test(tcase, mqtt_failed_handshakes);
  return suite;
}

GST_CHECK_MAIN(tls)
