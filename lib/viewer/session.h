// A viewer's part in one quality of the stream: carries out what its core wants done, and hands out
// the bytes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "net/http_client.h"
#include "net/network_thread.h"
#include "net/timer.h"
#include "viewer/key_source.h"
#include "viewer/link_meter.h"
#include "viewer/log.h"
#include "viewer/membership.h"
#include "viewer/mind.h"
#include "viewer/output_queue.h"
#include "viewer/playlist_source.h"
#include "viewer/segment_fetcher.h"
#include "viewer/viewer.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace p2plive::viewer {

/// Made, used and destroyed on the network thread.
class Session {
public:
  /// What all qualities of a stream have together.
  struct Shared {
    GMainContext* context;
    net::HttpClient& http; ///< for the stream
    LinkMeter& meter;
    std::shared_ptr<OutputQueue> output;
    std::shared_ptr<media::KnownDateRanges> date_ranges;
    Log::Sink log;
  };

  /// Of one that stands by, and of any that another takes over from.
  struct Events {
    std::function<void()> listed;  ///< the playlist, anew
    std::function<void()> failed;  ///< while it stands by; it is of no use any more
    std::function<void()> at_seam; ///< nothing more is handed out here
  };

  /// `variant`: the one to stand by with; none: plays at once what the options wish.
  Session(const Shared& shared, const ViewerOptions& options, std::optional<media::Variant> variant,
          Events events);
  ~Session();

  /// Asks for the playlist; looks for other viewers a moment later.
  void start();
  /// By the application, of what was handed out.
  void taken(const Taken& taken);
  void set_upload_limit(std::optional<std::uint64_t> bits_per_second);
  void set_max_peers(unsigned peers);

  // From one quality to another, as Sessions has it; the numbers are those of this swarm.
  const PlaylistSource& playlist() const { return playlist_; }
  core::Swarm& swarm() { return mind_.swarm(); }
  void end_before(std::optional<core::SequenceNumber> sn);
  void begin_with(core::SequenceNumber sn, core::Time due);
  /// All before the seam is with the application.
  bool has_ended() { return mind_.swarm().at_seam() && waiting_.empty() && !finished_; }
  void take_over(Session& other);
  bool finished() const { return finished_; }

  /// To be called now and then: what takes too long, and what the link has turned out to carry.
  void look_after();

  ViewerStatistics statistics();

  /// Leaves the swarm; calls `closed` when the last words are said, within a second. The session
  /// may be destroyed then, but not from within.
  void close(std::function<void()> closed);

private:
  void pump();
  void carry_out(core::Fetch& action);
  void carry_out(core::CancelFetch& action) { fetcher_.cancel(action.id); }
  void carry_out(core::RefreshPlaylist&) { playlist_.refresh(); }
  void carry_out(core::Send& action);
  void carry_out(core::Connect& action);
  void carry_out(core::Disconnect& action);
  void carry_out(core::Announce& action);
  void carry_out(core::Deliver& action);
  void carry_out(core::LeaveOut& action);
  void carry_out(core::Finish& action);

  void meet_others();
  void media_uri_known(const std::string& uri);
  void fail(const Error& error);
  void want_key(core::SequenceNumber object);
  std::optional<KeyReference> key_of(core::SequenceNumber object) const;
  void look_up_anew();
  void hand_over(core::Deliver bytes);
  void release();
  void finish(std::variant<EndOfStream, Error> last);
  void tell_link();
  void tell_starvation();
  void check_playlist();
  void check_key();
  void look_for_seam();
  void look_whether_left();

  Shared shared_;
  Events events_;
  bool stands_by_;
  core::Settings settings_;
  Mind mind_;
  net::HttpClient::Options services_options_;
  std::unique_ptr<net::HttpClient> services_http_; ///< with membership_
  PlaylistSource playlist_;
  SegmentFetcher fetcher_;
  KeySource keys_;
  struct Waiting {
    core::Deliver bytes;
    std::optional<KeyReference> key; ///< none: it is in the clear
  };
  std::deque<Waiting> waiting_;                   ///< for keys
  std::optional<Outgoing> last_;                  ///< comes behind them
  std::optional<core::Time> waiting_since_;       ///< the first of them
  std::optional<core::SequenceNumber> warned_of_; ///< the init section told of last
  std::optional<KeyReference> current_key_;       ///< of the segment, or init section, under way
  Membership::Options meeting_;                   ///< what membership_ will be made of
  std::string media_uri_;                         ///< empty: not known yet
  std::unique_ptr<Membership> membership_;        ///< none: CDN only, or not yet
  net::Timer meet_;
  net::Timer wakeup_;
  net::Timer leave_;
  std::uint64_t starvations_ = 0; ///< that were told of
  bool pumping_ = false;
  bool finished_ = false;
  std::shared_ptr<const Quality> begins_; ///< with the next bytes
  std::optional<core::Time> dry_since_;   ///< the playlist fails, and nothing is left to play
  bool closing_ = false;
  std::function<void()> closed_;
  core::Time close_by_{};
};

} // namespace p2plive::viewer
