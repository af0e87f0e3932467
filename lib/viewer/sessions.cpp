// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/sessions.h"

#include "media/counterpart.h"
#include "viewer/http_options.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

constexpr auto look_every = 250ms;
/// From the CDN alone, and in one quality, nothing follows from it that could not wait, and each
/// time wakes a thread that finds its caches cold.
constexpr auto look_seldom = 1s;
/// Two playlists, loaded one after the other.
constexpr auto ready_within = 10s;
constexpr auto ready_soon = 5s; ///< with a narrow link it does not get better by giving up
/// What could not be changed to is not tried again so soon.
constexpr auto rests_for = 60s;
/// So much ahead is enough however far from live playback is.
constexpr core::Duration most_needed = 10s;

ViewerOptions named(ViewerOptions options) {
  if (options.user_agent.empty())
    options.user_agent = "p2plive/" P2PLIVE_VERSION;
  return options;
}

void add(ViewerStatistics& sum, const ViewerStatistics& one) {
  sum.cdn_bytes += one.cdn_bytes;
  sum.peer_bytes += one.peer_bytes;
  sum.upload_bytes += one.upload_bytes;
  sum.delivered_bytes += one.delivered_bytes;
  sum.duplicate_bytes += one.duplicate_bytes;
  sum.overhead_bytes += one.overhead_bytes;
  sum.cdn_requests += one.cdn_requests;
  sum.cdn_errors += one.cdn_errors;
  sum.starvations += one.starvations;
  sum.starved_time += one.starved_time;
  sum.pool_allocated += one.pool_allocated;
  sum.pool_reused += one.pool_reused;
}

} // namespace

Sessions::Sessions(GMainContext* context, ViewerOptions options, Crossings crossings,
                   std::chrono::steady_clock::time_point opened)
    : options_(named(std::move(options))), crossings_(std::move(crossings)), opened_(opened),
      http_(context, to_stream_client(options_.http, options_.user_agent, options_.uri)),
      meter_(now()), choice_(now()), shared_{context,
                                             http_,
                                             meter_,
                                             crossings_.output,
                                             std::make_shared<media::KnownDateRanges>(),
                                             options_.log},
      log_(options_.log, Log::Area::quality), playing_(make({})),
      tick_(context, [this] { tick(); }), sweep_(context, [this] { sweep(); }) {}

std::unique_ptr<Session> Sessions::make(std::optional<media::Variant> variant) {
  return std::make_unique<Session>(shared_, options_, std::move(variant),
                                   Session::Events{.listed = [this] { arm(); },
                                                   .failed = [this] { give_up_switch(); },
                                                   .at_seam = [this] { hand_over(); }});
}

void Sessions::start() {
  playing_->start();
  tick();
}

void Sessions::taken() {
  playing_->taken(crossings_.output->collect());
}

void Sessions::set_upload_limit(std::optional<std::uint64_t> bits_per_second) {
  options_.upload_limit = bits_per_second;
  share_upload();
}

void Sessions::set_max_peers(unsigned peers) {
  options_.max_peers = peers;
  if (next_)
    next_->session->set_max_peers(peers);
  playing_->set_max_peers(peers); // the other one may take over with this
}

/// Two swarms at the same time have what is allowed together.
void Sessions::share_upload() {
  auto limit = options_.upload_limit;
  if (next_ && limit)
    limit = *limit / 2;
  playing_->set_upload_limit(limit);
  if (next_)
    next_->session->set_upload_limit(limit);
}

// Sessions that leave.

/// It may be the one that calls: it is destroyed later.
void Sessions::retire(std::unique_ptr<Session> session) {
  auto& leaving = leaving_.emplace_back(Leaving{std::move(session)});
  leaving.session->close([this, &leaving] {
    leaving.gone = true;
    sweep_.arm_in(0ns);
  });
}

void Sessions::sweep() {
  for (const auto& leaving : leaving_)
    if (leaving.gone)
      add(past_, leaving.session->statistics());
  std::erase_if(leaving_, [](const Leaving& leaving) { return leaving.gone; });
  if (closed_ && leaving_.empty())
    std::exchange(closed_, {})();
}

void Sessions::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  tick_.disarm();
  if (next_)
    retire(std::move(std::exchange(next_, std::nullopt)->session));
  retire(std::move(playing_));
}

// What is known of the link, and what follows from it.

void Sessions::tick() {
  measure();
  playing_->look_after();
  if (next_)
    next_->session->look_after();
  if (options_.quality.adaptive)
    next_ ? see_to_switch() : choose();
  publish();
  bool alone = options_.index_uri.empty() && !options_.quality.adaptive;
  tick_.arm_in(alone ? look_seldom : look_every);
}

void Sessions::measure() {
  auto peer_bytes = playing_->swarm().statistics().peer_bytes;
  meter_.came_beside(now(), peer_bytes - std::exchange(measured_peer_bytes_, peer_bytes));
}

bool Sessions::may_play(const media::Variant& variant) const {
  auto found = not_before_.find(variant.bandwidth);
  return found == not_before_.end() || now() >= found->second;
}

std::optional<Sessions::Look> Sessions::look() {
  const auto* variant = playing_->playlist().variant();
  const auto* playlist = playing_->playlist().playlist();
  if (!variant || !playlist || playlist->ended || playing_->finished())
    return {};
  Look look{variant->ladder(), {}};
  std::erase_if(look.ladder, [&](const media::Variant& one) {
    return one.bandwidth != variant->variant().bandwidth && !may_play(one);
  });
  auto figures = playing_->swarm().statistics();
  auto& view = look.view;
  for (const auto& one : look.ladder)
    view.bandwidths.push_back(one.bandwidth);
  view.current = static_cast<std::size_t>(
      std::ranges::find(view.bandwidths, variant->variant().bandwidth) - view.bandwidths.begin());
  view.throughput = meter_.throughput(now());
  view.ahead = figures.ahead;
  view.shared = !options_.index_uri.empty();
  view.enough = view.shared ? figures.reserve
                            : std::min<core::Duration>(options_.live_delay / 2, most_needed);
  view.segment = playlist->target_duration;
  view.starving = figures.starving;
  view.paused = figures.paused;
  view.behind = figures.delay;
  return look;
}

void Sessions::choose() {
  auto look = this->look();
  if (!look)
    return;
  auto wanted = choice_.wanted(now(), look->view);
  if (wanted != look->view.current)
    begin_switch(look->ladder[wanted], look->view);
}

// From one to another.

void Sessions::begin_switch(const media::Variant& to, const QualityView& view) {
  bool at_once = to.bandwidth < view.bandwidths[view.current];
  log_.info("Going from " + std::to_string(view.bandwidths[view.current]) + " to " +
            std::to_string(to.bandwidth) + " bit/s; measured " +
            std::to_string(static_cast<std::uint64_t>(view.throughput.value_or(0))));
  auto give_up_at = now() + (at_once ? ready_soon : ready_within);
  next_.emplace(Next{make(to), to, at_once, !view.throughput, give_up_at});
  share_upload();
  // The link is needed for the other one.
  if (at_once)
    playing_->end_before(playing_->swarm().seam(true));
  next_->session->start();
}

/// Each playlist that is loaded may be the one that was missing.
void Sessions::arm() {
  if (!next_ || next_->armed || closed_)
    return;
  const auto* from = playing_->playlist().playlist();
  const auto* to = next_->session->playlist().playlist();
  if (!from || !to)
    return;
  auto seam = next_->at_once ? playing_->swarm().end() : playing_->swarm().seam(false);
  auto offset = media::counterpart_offset(*from, *to);
  const auto* variant = next_->session->playlist().variant();
  bool may_come = !next_->at_once; // in a hurry nothing is fetched meanwhile
  if (!offset && offset.error() == media::Misfit::little_in_common && may_come)
    return;
  if (!seam || !offset || !variant || variant->variant().bandwidth != next_->variant.bandwidth)
    return give_up_switch();
  next_->armed = true;
  if (!next_->at_once) {
    playing_->end_before(seam);
    next_->give_up_at = playing_->swarm().end_due(now()); // by then it has to go on itself
  }
  auto there = core::number(*seam) + static_cast<std::uint64_t>(*offset);
  // Other viewers, where there are any, have until then to give what they have.
  bool soon = next_->at_once || options_.index_uri.empty();
  next_->session->begin_with(core::SequenceNumber{there}, soon ? now() : next_->give_up_at);
  hand_over();
}

/// It knows of the segment at the seam. Where there is no hurry, it has shown that it can be had.
bool Sessions::is_ready() const {
  auto& swarm = next_->session->swarm();
  return next_->armed && swarm.stands_ready() &&
         (next_->at_once || swarm.statistics().buffer_time > 0ns);
}

void Sessions::hand_over() {
  if (!next_ || closed_ || !playing_->has_ended() || !is_ready())
    return;
  bool down = next_->at_once;
  auto before = std::exchange(playing_, std::move(next_->session));
  next_.reset();
  playing_->take_over(*before);
  retire(std::move(before));
  ++switches_;
  log_.info("Gone to the other quality");
  measured_peer_bytes_ = playing_->swarm().statistics().peer_bytes;
  choice_.switched(now(), down);
  share_upload();
}

void Sessions::give_up_switch() {
  if (!next_)
    return;
  not_before_[next_->variant.bandwidth] = now() + rests_for;
  choice_.gave_up(now());
  log_.info(std::to_string(next_->variant.bandwidth) + " bit/s cannot be gone to now");
  take_back_switch();
}

void Sessions::take_back_switch() {
  retire(std::move(std::exchange(next_, std::nullopt)->session));
  playing_->end_before({});
  share_upload();
}

/// On the way up the link may get narrow: then it is not for two qualities, nor for a higher one.
/// Where nothing was known of it, it may turn out to be.
bool Sessions::is_too_high() {
  auto look = next_->at_once ? std::nullopt : this->look();
  if (!look)
    return false;
  if (choice_.wanted(now(), look->view) < look->view.current)
    return true;
  auto needs = QualityChoice::needs_to_stay * static_cast<double>(next_->variant.bandwidth);
  return next_->tried && look->view.throughput.value_or(needs) < needs;
}

void Sessions::see_to_switch() {
  // In a pause the seam is never reached. One swarm goes on with the stream then, not both stand.
  if (playing_->swarm().statistics().paused)
    return take_back_switch();
  bool lost = (next_->armed || next_->at_once) && !playing_->swarm().end();
  if (lost || is_too_high() || playing_->finished() || (!is_ready() && now() >= next_->give_up_at))
    return give_up_switch();
  hand_over();
}

void Sessions::publish() {
  auto figures = playing_->statistics();
  add(figures, past_);
  for (const auto& leaving : leaving_)
    add(figures, leaving.session->statistics());
  if (next_)
    add(figures, next_->session->statistics());
  figures.overhead_bytes += http_.header_bytes();
  figures.switches = switches_;
  if (options_.quality.adaptive)
    figures.throughput = static_cast<std::uint64_t>(meter_.throughput(now()).value_or(0));
  if (auto first = crossings_.output->first_taken())
    figures.startup_time = *first - opened_;
  crossings_.statistics->publish(std::move(figures));
}

} // namespace p2plive::viewer
