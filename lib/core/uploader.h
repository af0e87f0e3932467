// Serves other viewers' requests: who passes it on first, within the upload limit, never more than
// the way out carries.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/messages.h"
#include "core/neighbour.h"
#include "core/uplink_meter.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace p2plive::core {

class Uploader {
public:
  explicit Uploader(Time now, std::optional<std::uint64_t> limit) : last_(now) { set_limit(limit); }

  /// Bytes a second; none: no limit; 0: never upload.
  void set_limit(std::optional<std::uint64_t> limit);
  bool allowed() const { return limit_ != 0u; }
  /// Of the stream, in bytes a second; 0: not known.
  void set_bitrate(double bitrate) { bitrate_ = bitrate; }
  /// There is enough uplink near for all (enough_uplink.h): whoever has waited for long comes next.
  void keep_promises(bool keep) { keeps_promises_ = keep; }

  struct Job {
    PeerId to;
    ChunkName chunk;
    bool asked = true; ///< false: it is pushed
  };

  enum class Verdict { queued, busy };
  /// A request for a chunk that is here. Busy: it could not be sent in three quarters of its time,
  /// the viewer has asked for too much at once, or others have it and this way out is full;
  /// `retry_after` is set then.
  Verdict request(Time now, const Neighbour& from, const RequestMessage& request, std::size_t bytes,
                  Duration& retry_after);
  /// A chunk that it has not asked for, to be sent before all that others ask for, soon or never.
  void push(Time now, const Neighbour& to, const ChunkName& chunk, std::size_t bytes);
  /// Requests that can no longer be met in time, for others went before them; they are forgotten.
  std::vector<Job> displaced(Time now);
  void cancel(const PeerId& from, const ChunkName& chunk);
  void forget(const PeerId& peer);

  /// How often this viewer has given a chunk so far.
  using Given = std::function<unsigned(const ChunkName&)>;
  /// The next piece to send now; none while the limit is used up, or enough is on its way. The
  /// first copies of a chunk go to who passes it on at least half as fast as this viewer, or twice
  /// as fast as the stream, whoever else waits.
  std::optional<Job> next(Time now, const Neighbours& neighbours, const Given& given);
  /// It was sent: `bytes` are charged.
  void sent(std::size_t bytes);

  /// Somebody waits for something, or it has not gone out yet.
  bool busy() const { return !queue_.empty() || held_ > 0; }

  /// `left` bytes have gone out since the last call. Connections hold `held` more; some of them may
  /// stand still, those that move hold `moving`.
  void buffered(Time now, std::size_t left, std::size_t held, std::size_t moving);
  /// Bytes a second that this viewer can upload; 0 while that is not known.
  double uplink() const;

  /// Who uploads so much, in bytes a second, passes fast on what this viewer gives.
  double fast() const;

  /// Bytes a second that go out, a guess while that is not known.
  double rate() const;

  /// When next() has something again because of the limit; Time::max() when only events help.
  Time wakeup(Time now) const;

private:
  struct Waiting {
    PeerId from;
    ChunkName chunk;
    std::size_t bytes = 0;
    Time expires{};
    Time overdue_at = Time::max();
    bool overdue = false;
    double uplink = 0;   ///< of the asker; 0: it has asked for much already
    bool hard = false;   ///< the asker can be connected with few
    bool pushed = false; ///< before it could ask
    bool asked = true;
    unsigned others = 0; ///< viewers near the asker who have it, too
  };
  using Queue = std::vector<Waiting>;
  bool before(const Waiting& a, const Waiting& b) const;
  void note_overdue(Time now);
  double unknown() const;
  void earn(Time now);
  bool spreads(const Waiting& waiting, const Given& given) const;
  Duration expected_wait(std::size_t ahead) const;

  std::optional<std::uint64_t> limit_;
  double bitrate_ = 0;
  bool keeps_promises_ = true;
  double tokens_ = 0; ///< bytes
  Time last_;
  Queue queue_; ///< in the order to be served in, first copies apart
  UplinkMeter meter_;
  std::size_t held_ = 0;   ///< bytes in connections
  std::size_t moving_ = 0; ///< bytes in connections that do not stand still
};

} // namespace p2plive::core
