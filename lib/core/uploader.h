// Serves other viewers' requests: in turn, within the upload limit, never more than a connection
// takes. SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/messages.h"
#include "core/neighbour.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace p2plive::core {

class Uploader {
public:
  explicit Uploader(Time now, std::optional<std::uint64_t> limit) : last_(now) { set_limit(limit); }

  /// Bytes a second; none: no limit; 0: never upload.
  void set_limit(std::optional<std::uint64_t> limit);
  bool allowed() const { return limit_ != 0u; }

  enum class Verdict { queued, busy };
  /// A request for a chunk that is here. Busy: it could not be sent before its deadline, the viewer
  /// has asked for too much at once, or too many wait already; `retry_after` is set then.
  Verdict request(Time now, const PeerId& from, const RequestMessage& request, std::size_t bytes,
                  Duration& retry_after);
  void cancel(const PeerId& from, const ChunkName& chunk);
  void forget(const PeerId& peer);

  struct Job {
    PeerId to;
    ChunkName chunk;
  };
  /// The next piece to send now, viewers in turn; none while the limit is used up, or enough
  /// connections are full.
  std::optional<Job> next(Time now, const std::map<PeerId, Neighbour>& neighbours);
  /// It was sent: `bytes` are charged.
  void sent(std::size_t bytes);

  /// When next() has something again because of the limit; Time::max() when only events help.
  Time wakeup(Time now) const;

private:
  struct Waiting {
    ChunkName chunk;
    std::size_t bytes = 0;
    Time expires{};
  };
  void earn(Time now);
  void measure(Time now, std::size_t bytes);
  Duration expected_wait(std::size_t bytes) const;

  std::optional<std::uint64_t> limit_;
  double tokens_ = 0; ///< bytes
  Time last_;
  std::map<PeerId, std::deque<Waiting>> queues_;
  std::size_t queued_bytes_ = 0;
  PeerId turn_;
  double rate_ = 2'500'000; ///< bytes a second that the way out carries; a guess until measured
  double busy_bytes_ = 0;
  double busy_seconds_ = 0;
  Time last_job_{};
  bool backlog_ = false; ///< somebody waited when the last job was given out
};

} // namespace p2plive::core
