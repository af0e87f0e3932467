// A CDN that signs its URLs in a test: the master playlist names the token of the day, and whatever
// is asked for with another is refused.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../net/raw_server.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace p2plive::test {

class TokenServer {
public:
  /// What needs the token; what is not named is open to all.
  enum class Signed { everything, segments, keys };

  /// Serves live.m3u8, and what it lists, from `directory`; segments may be had at `elsewhere`.
  explicit TokenServer(std::filesystem::path directory, Signed what = Signed::everything,
                       std::string elsewhere = {})
      : directory_(std::move(directory)), elsewhere_(std::move(elsewhere)), signed_(what) {}

  std::string uri() const { return server_.url() + "master.m3u8"; }
  void expire() { ++token_; }
  /// As soon as a media playlist was given; a fresh one is given when the test says so.
  void expire_once_listed() { expires_ = true; }
  void give_fresh() {
    holds_ = false;
    holds_.notify_all();
  }
  unsigned masters() const { return masters_; }
  unsigned refusals() const { return refusals_; }

private:
  void serve(RawConnection& connection) {
    const auto head = connection.read_head();
    const auto begin = head.find('/');
    if (begin == head.npos)
      return;
    const auto target = head.substr(begin + 1, head.find(' ', begin) - begin - 1);
    const auto query = std::min(target.find('?'), target.size());
    connection.write(answer(target.substr(0, query), target.substr(query), head));
  }

  std::string answer(const std::string& name, const std::string& query, const std::string& head) {
    const auto token = "?token=" + std::to_string(token_);
    const bool playlist = name.ends_with(".m3u8");
    if (name == "master.m3u8") {
      ++masters_;
      holds_.wait(true);
      return response("200 OK",
                      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nlive.m3u8" + token + "\n");
    }
    if (query != token && needs_token(name)) {
      ++refusals_;
      return response("403 Forbidden", "expired");
    }
    std::ifstream file(directory_ / name, std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(file), {}};
    if (playlist && expires_.exchange(false)) {
      holds_ = true;
      expire();
    }
    return playlist ? response("200 OK", with_tokens(body, query)) : part(body, head);
  }

  bool needs_token(const std::string& name) const {
    return signed_ == Signed::everything ||
           name.ends_with(signed_ == Signed::keys ? ".key" : ".ts");
  }

  /// Segments and keys have the token of the playlist that lists them.
  std::string with_tokens(const std::string& playlist, const std::string& query) const {
    std::string text;
    std::istringstream lines(playlist);
    for (std::string line; std::getline(lines, line);) {
      if (const auto key = line.find(".key\""); key != line.npos)
        line.insert(key + 4, query);
      if (line.ends_with(".ts"))
        line = elsewhere_ + line + (elsewhere_.empty() ? query : "");
      text += line + "\n";
    }
    return text;
  }

  static std::string part(const std::string& body, const std::string& head) {
    std::size_t first = 0, last = 0;
    const auto range = head.find("Range: bytes=");
    if (range == head.npos ||
        std::sscanf(head.c_str() + range, "Range: bytes=%zu-%zu", &first, &last) != 2)
      return response("200 OK", body);
    const auto size = std::to_string(body.size());
    if (first >= body.size())
      return response("416 Range Not Satisfiable", "", "Content-Range: bytes */" + size + "\r\n");
    last = std::min(last, body.size() - 1);
    return response("206 Partial Content", body.substr(first, last - first + 1),
                    "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) +
                        "/" + size + "\r\n");
  }

  static std::string response(const std::string& status, const std::string& body,
                              const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }

  std::filesystem::path directory_;
  std::string elsewhere_;
  Signed signed_;
  std::atomic<unsigned> token_ = 1, masters_ = 0, refusals_ = 0;
  std::atomic<bool> expires_ = false, holds_ = false;
  RawServer server_{[this](RawConnection& connection) { serve(connection); }};
};

} // namespace p2plive::test
