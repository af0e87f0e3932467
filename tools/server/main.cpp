// p2plive-server: Index, CPS and Tracker in one program. docs/services.md says how to run it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/http_front.h"
#include "server/server_options.h"

#include <glib-unix.h>
#include <glib.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <sys/resource.h>

namespace {

using namespace p2plive;

constexpr int usage_error = 2;
constexpr int cannot_run = 1;

std::array<std::uint8_t, 16> md5(std::string_view text) {
  std::array<std::uint8_t, 16> digest{};
  gsize size = digest.size();
  auto* checksum = g_checksum_new(G_CHECKSUM_MD5);
  g_checksum_update(checksum, reinterpret_cast<const guchar*>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(checksum, digest.data(), &size);
  g_checksum_free(checksum);
  return digest;
}

struct CommandLine {
  char* roles = nullptr;
  char* listen = nullptr;
  char* config = nullptr;
  char** mqtt = nullptr;
  char** stun = nullptr;
  char* public_uri = nullptr;
  gboolean version = FALSE;

  ~CommandLine() {
    for (auto* text : {roles, listen, config, public_uri})
      g_free(text);
    g_strfreev(mqtt);
    g_strfreev(stun);
  }
};

// Empty: understood; else a sentence.
std::string parse(CommandLine& line, int argc, char** argv) {
  const GOptionEntry entries[] = {
      {"roles", 'r', 0, G_OPTION_ARG_STRING, &line.roles, "What to be: index,cps,tracker (all)",
       "ROLES"},
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &line.listen,
       "Where to listen; port 0 is any free one (127.0.0.1:8100)", "ADDRESS:PORT"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &line.config,
       "Key file; see the commented p2plive-server.conf", "FILE"},
      {"mqtt", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &line.mqtt,
       "Broker to tell viewers; may be repeated", "HOST:PORT"},
      {"stun", 's', 0, G_OPTION_ARG_STRING_ARRAY, &line.stun,
       "STUN server to tell viewers; may be repeated", "HOST:PORT"},
      {"public-uri", 'u', 0, G_OPTION_ARG_STRING, &line.public_uri,
       "How viewers reach this server (http://ADDRESS:PORT)", "URI"},
      {"version", 'v', 0, G_OPTION_ARG_NONE, &line.version, "Print the version", nullptr},
      {}};
  auto* context = g_option_context_new("- Index, CPS and Tracker for p2plive viewers");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError* error = nullptr;
  std::string problem;
  if (!g_option_context_parse(context, &argc, &argv, &error))
    problem = error->message;
  else if (argc > 1)
    problem = std::string("there is nothing to do with \"") + argv[1] + "\"";
  g_clear_error(&error);
  g_option_context_free(context);
  return problem;
}

// Puts what `parse_value` makes of `text` into `value`.
template <typename Value, typename Parse>
server::OrError<void> take(const char* text, Value& value, Parse parse_value) {
  if (!text)
    return {};
  auto parsed = parse_value(text);
  if (!parsed)
    return tl::unexpected(parsed.error());
  value = std::move(*parsed);
  return {};
}

server::OrError<server::ServerOptions> options_from(const CommandLine& line) {
  server::ServerOptions options;
  auto& index = options.services.index;
  auto read = [&](const char* file) { return server::read_key_file(file, options); };
  auto join = [](char** values) { return values ? g_strjoinv(",", values) : nullptr; };
  std::unique_ptr<char, decltype(&g_free)> mqtt(join(line.mqtt), g_free),
      stun(join(line.stun), g_free);
  auto result =
      take(line.config, options, read)
          .and_then([&] { return take(line.roles, options.services.roles, server::parse_roles); })
          .and_then([&] { return take(line.listen, options.listen, server::parse_address); })
          .and_then([&] { return take(mqtt.get(), index.mqtt, server::parse_addresses); })
          .and_then([&] { return take(stun.get(), index.stun, server::parse_addresses); });
  if (line.public_uri)
    options.public_uri = line.public_uri;
  if (result)
    result = server::validate(options);
  if (!result)
    return tl::unexpected(result.error());
  return options;
}

// As many descriptors as are allowed; a few are not connections.
void allow_connections(unsigned& max_connections) {
  constexpr rlim_t others = 32;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= max_connections + others)
    return;
  max_connections = static_cast<unsigned>(std::max(limit.rlim_cur, others + 1) - others);
  g_printerr("p2plive-server: so few files may be open that only %u connections fit\n",
             max_connections);
}

void say_what_is_missing(const server::ServerOptions& options) {
  const auto& services = options.services;
  g_printerr("p2plive-server: no key is configured, so everything is open: whoever reaches this "
             "server may announce itself and meet viewers\n");
  auto index = std::find(services.roles.begin(), services.roles.end(), service::Role::index);
  if (index != services.roles.end() && (services.index.mqtt.empty() || services.index.stun.empty()))
    g_printerr("p2plive-server: without --mqtt and --stun viewers cannot find each other and play "
               "from the CDN\n");
}

gboolean on_signal(gpointer loop) {
  g_main_loop_quit(static_cast<GMainLoop*>(loop));
  return G_SOURCE_CONTINUE;
}

gboolean on_second(gpointer services) {
  static_cast<service::Services*>(services)->tick(
      service::Time(std::chrono::microseconds(g_get_monotonic_time())));
  return G_SOURCE_CONTINUE;
}

std::string listening_line(const server::ServerOptions& options, std::uint16_t port) {
  std::string roles;
  for (auto role : options.services.roles)
    roles.append(roles.empty() ? "" : " ").append(service::name(role));
  return "p2plive-server: listening on http://" + server::to_string({options.listen.host, port}) +
         "/ (" + roles + ")\n";
}

int run(server::ServerOptions options) {
  allow_connections(options.max_connections);
  auto front = server::HttpFront::listen(options);
  if (!front) {
    g_printerr("p2plive-server: %s\n", front.error().c_str());
    return cannot_run;
  }
  auto port = (*front)->port();
  server::complete_index(options, port);
  std::random_device random;
  auto seed = static_cast<std::uint64_t>(random()) << 32 | random();
  service::Services services(options.services, md5, seed);
  (*front)->start(services);

  auto* loop = g_main_loop_new(nullptr, FALSE);
  g_unix_signal_add(SIGTERM, on_signal, loop);
  g_unix_signal_add(SIGINT, on_signal, loop);
  g_timeout_add_seconds(1, on_second, &services);
  say_what_is_missing(options);
  std::fputs(listening_line(options, port).c_str(), stdout);
  std::fflush(stdout);
  g_main_loop_run(loop);
  front->reset();
  g_main_loop_unref(loop);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CommandLine line;
  auto problem = parse(line, argc, argv);
  if (line.version) {
    std::puts("p2plive-server " P2PLIVE_VERSION);
    return 0;
  }
  auto options = options_from(line);
  if (problem.empty() && !options)
    problem = options.error();
  if (!problem.empty()) {
    g_printerr("p2plive-server: %s\nTry p2plive-server --help.\n", problem.c_str());
    return usage_error;
  }
  return run(std::move(*options));
}
