// What docs/pipelines.md and the element's own documentation tell people to type, with sinks that
// show nothing.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../net/authority.h"
#include "processes/free_port.h"
#include "stage.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

using Kind = LiveStreamOptions::Kind;

/// Commands of the page, each in one line.
std::vector<std::string> commands() {
  std::istringstream page(contents(P2PLIVE_PIPELINES));
  std::vector<std::string> out;
  bool goes_on = false;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("    "))
      continue;
    line.erase(0, line.find_first_not_of(' '));
    const bool more = line.ends_with('\\');
    if (more)
      line.pop_back();
    if (goes_on)
      out.back() += line;
    else
      out.push_back(line);
    goes_on = more;
  }
  return out;
}

/// Launch lines of the element's documentation, between |[ and ]|.
std::vector<std::string> launch_lines() {
  std::istringstream source(contents(P2PLIVE_ELEMENT));
  std::vector<std::string> out;
  bool within = false;
  for (std::string line; std::getline(source, line);) {
    line.erase(0, std::min(line.find_first_not_of(" *"), line.size()));
    if (line.starts_with("]|"))
      within = false;
    if (within)
      out.back() += line + ' ';
    if (line.ends_with("|[")) {
      within = true;
      out.emplace_back();
    }
  }
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

void replace(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// What the page takes for granted: streams of every kind, a proxy, an authority.
class Scene {
public:
  Scene() : authority_(folder_.path()) {
    std::ofstream(stage->stream().root() / "master.m3u8")
        << "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=600000\nlive.m3u8\n";
    processes::NginxOptions options;
    options.directory = folder_.path();
    options.name = "proxy";
    options.complete_servers = "server { listen 127.0.0.1:@PORT@; location / { "
                               "proxy_pass http://$http_host$request_uri; } }";
    auto started = processes::start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    proxy_ = std::move(*started);
    for (const auto* stream : {&fragmented_, &sound_})
      stream->wait_for_segments(4);
  }

  /// For this machine.
  std::string here(std::string command) const {
    const auto& stream = has(command, "qtdemux")                              ? fragmented_
                         : has(command, "$INDEX ! queue ! decodebin ! audio") ? sound_
                                                                              : stage->stream();
    replace(command, "$STREAM", stream.url());
    replace(command, "$INDEX", stage->index());
    for (auto* cdn : {"http://127.0.0.1:8080/", "https://cdn.example/"})
      replace(command, cdn, stage->stream().url(""));
    replace(command, "https://p2p.example/", stage->index());
    char* index = g_uri_escape_string(stage->index().c_str(), nullptr, false);
    for (auto* escaped : {"http%3A%2F%2F127.0.0.1%3A8100%2F", "https%3A%2F%2Fp2p.example%2F"})
      replace(command, escaped, index);
    g_free(index);
    replace(command, "http://127.0.0.1:3128", proxy_.url());
    replace(command, "port=5000", "port=" + std::to_string(port_));
    for (auto* kind : {"video", "audio"})
      replace(command, "auto" + std::string(kind) + "sink", "fake" + std::string(kind) + "sink");
    replace(command, "tools/plot-trace.py", "p2plive-plot-trace");
    if (has(command, "gst-play-1.0"))
      command += " --no-interactive --videosink=fakevideosink --audiosink=fakeaudiosink";
    return command;
  }

  Running start(const std::string& command) {
    return Running(stage->installed(), folder_.path(), "command" + std::to_string(++count_),
                   {"/bin/sh", "-c", "exec env " + here(command)});
  }

private:
  processes::TemporaryDirectory folder_{"p2plive-pipelines-test"};
  test::Authority authority_; ///< makes ca.pem
  LiveStream fragmented_{{.kind = Kind::fmp4}}, sound_{{.kind = Kind::aac}};
  processes::Service proxy_;
  std::uint16_t port_ = processes::free_port();
  int count_ = 0;
};

void plays(Running& program) {
  program.wait_until(
      "playing",
      [&] { return program.says("Setting pipeline to PLAYING") || program.says("Prerolled"); },
      30s);
}

} // namespace

// Rule: every line of both plays, and Ctrl-C ends it without an error. None is left out: where an
// element is missing, its line fails.
GST_START_TEST(they_play) {
  Scene scene;
  auto all = commands();
  fail_unless(all.size() > 15, "%zu commands only", all.size());
  const auto lines = launch_lines();
  fail_unless(lines.size() >= 3, "%zu launch lines only", lines.size());
  all.insert(all.end(), lines.begin(), lines.end());
  std::unique_ptr<Running> server;
  for (const auto& command : all) {
    if (command.starts_with("STREAM=") || command.starts_with("INDEX="))
      continue;
    auto program = std::make_unique<Running>(scene.start(command));
    if (has(command, "plot-trace")) {
      program->expect_end(0, 20s);
      continue;
    }
    plays(*program);
    if (has(command, "tcpserversink")) { // the next line connects to it
      server = std::move(program);
      continue;
    }
    if (!has(command, "gst-play-1.0")) // which knows no Ctrl-C, and is ended anyhow
      program->interrupt();
    fail_if(program->says("ERROR"), "%s: %s", command.c_str(), program->output().c_str());
    if (server)
      std::exchange(server, nullptr)->interrupt();
  }
}
GST_END_TEST;

TCase* p2plive::tests::pipelines_tests() {
  auto* tcase = tcase_create("pipelines");
  tcase_set_timeout(tcase, 180);
  tcase_add_test(tcase, they_play);
  return tcase;
}
