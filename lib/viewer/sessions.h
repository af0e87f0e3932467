// One viewer on the network thread: the quality that it plays, and the way from one to another.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/http_client.h"
#include "net/timer.h"
#include "viewer/link_meter.h"
#include "viewer/quality_choice.h"
#include "viewer/session.h"
#include "viewer/statistics_snapshot.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace p2plive::viewer {

/// Made, used and destroyed on the network thread.
///
/// A change of quality takes four steps. Another session begins, which loads the other variant's
/// playlist and joins its swarm, and stands by. When both playlists are known they tell where a
/// segment begins in both, and the swarms are told of that seam: the one that plays ends there, the
/// other fetches what comes behind it. At the seam the other one takes over, pacing and all. The
/// first leaves its swarm. Until the third step everything can be taken back, and playback goes on
/// as it was.
class Sessions {
public:
  /// What is shared with the application's thread.
  struct Crossings {
    std::shared_ptr<OutputQueue> output;
    std::shared_ptr<StatisticsSnapshot> statistics;
  };

  Sessions(GMainContext* context, ViewerOptions options, Crossings crossings,
           std::chrono::steady_clock::time_point opened);

  void start();
  /// The output queue has news: OutputQueue::collect().
  void taken();
  void set_upload_limit(std::optional<std::uint64_t> bits_per_second);
  void set_max_peers(unsigned peers);

  /// As Session::close(), of all.
  void close(std::function<void()> closed);

private:
  struct Leaving {
    std::unique_ptr<Session> session;
    bool gone = false;
  };

  std::unique_ptr<Session> make(std::optional<media::Variant> variant);
  void retire(std::unique_ptr<Session> session);
  void sweep();
  void share_upload();

  void tick();
  void publish();
  void measure();
  /// What may be played, and what speaks for which of it.
  struct Look {
    std::vector<media::Variant> ladder;
    QualityView view;
  };
  std::optional<Look> look(); ///< none: nothing can be changed to
  void choose();
  bool may_play(const media::Variant& variant) const;
  void begin_switch(const media::Variant& to, const QualityView& view);
  void arm();
  void hand_over();
  void give_up_switch();
  void take_back_switch();
  bool is_ready() const;
  bool is_too_high();
  void see_to_switch();

  ViewerOptions options_;
  Crossings crossings_;
  std::chrono::steady_clock::time_point opened_;
  net::HttpClient http_; ///< for the stream; cookies and connections outlive a quality
  LinkMeter meter_;
  QualityChoice choice_;
  Session::Shared shared_;
  Log log_;
  std::unique_ptr<Session> playing_;

  /// Another quality that is to be played.
  struct Next {
    std::unique_ptr<Session> session;
    media::Variant variant;
    bool at_once;
    bool tried;              ///< nothing was known of the link
    core::Time give_up_at{}; ///< unless it is ready
    bool armed = false;      ///< both know of the seam
  };
  std::optional<Next> next_;
  /// Variants that could not be changed to, by bandwidth.
  std::map<std::uint64_t, core::Time> not_before_;
  std::list<Leaving> leaving_;
  ViewerStatistics past_; ///< of those that are gone
  std::uint64_t switches_ = 0;
  std::uint64_t measured_peer_bytes_ = 0;
  net::Timer tick_;
  net::Timer sweep_;
  std::function<void()> closed_;
};

} // namespace p2plive::viewer
