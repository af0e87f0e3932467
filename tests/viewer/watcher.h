// Watches with a Viewer in a test, and compares what comes out with what the encoder wrote.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "live_stream.h"
#include "viewer/viewer.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::test {

/// One segment as it was handed out.
struct WatchedSegment {
  std::uint64_t sn = 0;
  Format format{};
  std::string init; ///< the init section that came before it
  std::string bytes;
  std::optional<std::chrono::nanoseconds> timestamp;
  bool dated = false;
  bool discontinuity = false;
  std::chrono::nanoseconds duration{};
  std::uint64_t bandwidth = 0; ///< of the quality; 0: not said
  std::string flaw;            ///< bytes that did not follow those before; empty: none
};

class Watcher {
public:
  explicit Watcher(const ViewerOptions& options) {
    auto opened = Viewer::open(options);
    if (auto* error = std::get_if<Error>(&opened))
      throw std::runtime_error(error->message);
    viewer_ = std::move(std::get<std::unique_ptr<Viewer>>(opened));
  }

  static ViewerOptions options(const std::string& uri) {
    ViewerOptions options;
    options.uri = uri;
    options.live_delay = std::chrono::seconds(4);
    options.lead = std::chrono::seconds(1);
    return options;
  }

  /// Takes one output; false: none came within `patience`.
  bool take(std::chrono::milliseconds patience) {
    last_ = viewer_->pop({}, std::chrono::steady_clock::now() + patience);
    if (auto* buffer = std::get_if<Buffer>(&last_))
      add(*buffer);
    if (auto* peer = std::get_if<PeerAdded>(&last_))
      added_.push_back(peer->peer_id);
    if (auto* peer = std::get_if<PeerRemoved>(&last_))
      removed_.push_back(peer->peer_id);
    if (auto* range = std::get_if<DateRange>(&last_))
      date_ranges_.push_back(*range);
    if (auto* warning = std::get_if<Warning>(&last_))
      warnings_.push_back(warning->message);
    return !std::holds_alternative<NotYet>(last_);
  }

  /// Watches until `condition` holds, the stream ends or fails, or `patience` is over.
  template <typename Condition>
  bool until(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      take(std::chrono::milliseconds(20));
      if (std::holds_alternative<Error>(last_) || std::holds_alternative<EndOfStream>(last_))
        break;
    }
    return condition();
  }

  /// All but the last, which may not be whole yet.
  std::size_t whole() const { return segments_.empty() ? 0 : segments_.size() - 1; }

  /// What is wrong with the whole segments from the `from`-th on, compared with run `epoch` of the
  /// encoder; empty: nothing.
  std::string compare(const LiveStream& stream, int epoch, std::size_t from, std::size_t to) const {
    for (auto i = from; i < to; ++i) {
      const auto& segment = segments_[i];
      auto name = "segment " + std::to_string(segment.sn) + ": ";
      if (!segment.flaw.empty())
        return name + segment.flaw;
      if (segment.bytes != stream.segment(epoch, segment.sn))
        return name + "other bytes than the encoder's";
      if (i > from && segment.sn != segments_[i - 1].sn + 1)
        return name + "does not follow the one before";
    }
    return {};
  }

  /// Bytes by who sent them, as their lives say.
  const std::map<std::string, std::uint64_t>& origins() const { return origins_; }
  const std::vector<WatchedSegment>& segments() const { return segments_; }
  const std::vector<std::string>& added() const { return added_; }     ///< peers, in order
  const std::vector<std::string>& removed() const { return removed_; } ///< likewise
  const std::vector<DateRange>& date_ranges() const { return date_ranges_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const Output& last() const { return last_; }
  Viewer& viewer() { return *viewer_; }
  void close() { viewer_.reset(); }

private:
  void add(const Buffer& buffer) {
    std::string bytes(reinterpret_cast<const char*>(buffer.data), buffer.size);
    if (buffer.life)
      origins_[buffer.life->from] += buffer.size;
    if (buffer.quality)
      bandwidth_ = buffer.quality->bandwidth;
    if (buffer.init_section) {
      init_discontinuity_ |= buffer.discontinuity;
      init_ += bytes;
      return;
    }
    if (buffer.offset == 0)
      segments_.push_back(
          {.sn = buffer.media_sequence,
           .format = buffer.format,
           .init = std::exchange(init_, {}),
           .timestamp = buffer.timestamp,
           .dated = buffer.program_date_time.has_value(),
           .discontinuity = std::exchange(init_discontinuity_, false) || buffer.discontinuity,
           .bandwidth = bandwidth_});
    if (segments_.empty()) {
      segments_.push_back({.flaw = "began in the middle"});
      return;
    }
    auto& segment = segments_.back();
    if (buffer.media_sequence != segment.sn || buffer.offset != segment.bytes.size())
      segment.flaw = "bytes that do not follow";
    segment.bytes += bytes;
    segment.duration += buffer.duration;
  }

  std::unique_ptr<Viewer> viewer_;
  std::vector<WatchedSegment> segments_;
  std::map<std::string, std::uint64_t> origins_;
  std::string init_; ///< of the segment to come
  bool init_discontinuity_ = false;
  std::uint64_t bandwidth_ = 0;
  std::vector<std::string> added_, removed_, warnings_;
  std::vector<DateRange> date_ranges_;
  Output last_ = NotYet{};
};

} // namespace p2plive::test
