// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_viewer.h"

#include "core/mix.h"
#include "core/prefetch.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace p2plive::sim {

namespace {
/// As media::RefreshSchedule: loads of a playlist are never closer than this.
constexpr Duration least_between_polls = 250ms;
/// After the next segment is expected to be listed.
constexpr Duration poll_margin = 20ms;
/// A swarm that wants to be woken for ever at the same instant must not stop the world.
constexpr Duration least_sleep = 100us;
constexpr core::Rid the_rid{{1, 2, 3, 4}};
} // namespace

SimViewer::SimViewer(const Surroundings& around, std::size_t index, ViewerSettings settings)
    : Node(settings.core.self), around_(around), index_(index), settings_(settings) {}

std::optional<Access> SimViewer::giving() const {
  auto line = settings_.access;
  auto limit = settings_.core.upload_limit;
  if (limit == 0)
    return {};
  if (limit && (line.up == 0 || *limit < line.up / 8))
    line.up = *limit * 8;
  return line;
}

void SimViewer::start() {
  watching_ = true;
  around_.network.attach(*this, settings_.access);
  swarm_.emplace(now(), settings_.core);
  poll_playlist();
  if (settings_.core.expects_peers)
    around_.queue.after(100ms, [this] { // Index and CPS
      if (watching_)
        swarm_->joined(now(), the_rid), act();
    });
}

void SimViewer::leave() {
  swarm_->leave(now());
  act();
  watching_ = false;
  around_.cdn.forget(index_);
  around_.queue.after(1s, [this] { around_.network.vanish(id()); });
}

void SimViewer::kill() {
  watching_ = false;
  around_.cdn.forget(index_);
  around_.network.vanish(id());
}

// The playlist.

void SimViewer::poll_at(Time at, bool wanted) {
  around_.queue.at(at, [this, wanted, number = ++poll_number_] {
    if (number != poll_number_ || !watching_)
      return;
    if (auto until = wanted ? std::nullopt : swarm_->poll_left_until(now()))
      poll_at(*until);
    else
      poll_playlist();
  });
}

void SimViewer::poll_playlist() {
  if (!watching_ || std::exchange(polling_, true))
    return;
  polled_at_ = now();
  ++polls_;
  auto wait = around_.cdn.latency();
  around_.queue.after(wait, [this, asked = now()] { playlist_came(asked); });
}

void SimViewer::playlist_came(Time asked) {
  polling_ = false;
  if (!watching_)
    return;
  auto listing = around_.cdn.listing();
  if (!listing || listing->segments.empty()) {
    poll_at(now() + 500ms);
    return;
  }
  auto newest = listing->segments.back().sn;
  bool changed = std::exchange(newest_, newest) != newest;
  // As media::RefreshSchedule, which has learnt how long after its end a segment is listed.
  poll_at(changed ? around_.cdn.listed_at(core::number(newest) + 1) + poll_margin
                  : asked + listing->target_duration / 2);
  ++calls_;
  swarm_->listed(now(), SimCdn::wall(now()), *listing);
  act();
}

// The other viewers.

bool SimViewer::offer_arrived(const PeerId& from) {
  if (!watching_ || !swarm_->offer_arrived(now(), from))
    return false;
  links_.insert(from);
  return true;
}

void SimViewer::opened(const PeerId& peer) {
  if (!watching_ || !links_.contains(peer))
    return;
  ++calls_;
  swarm_->peer_opened(now(), peer);
  act();
}

void SimViewer::message(const PeerId& from, std::span<const std::uint8_t> bytes) {
  if (!watching_) // what was closed brings no messages
    return;
  ++calls_;
  swarm_->peer_message(now(), from, bytes);
  act();
}

void SimViewer::prepare_message(const PeerId& from, unsigned step) const {
  if (step == 0) {
    core::prefetch_at(&swarm_);
    core::prefetch_at(&sent_to_);
    core::prefetch_at(&wake_at_);
    core::prefetch_at(&calls_);
  } else if (swarm_) {
    swarm_->prepare_message(from, step - 1);
  }
}

void SimViewer::buffered(const PeerId& to, std::size_t bytes) {
  if (!watching_)
    return;
  ++calls_;
  swarm_->peer_buffered(now(), to, bytes);
  act();
}

void SimViewer::closed(const PeerId& peer) {
  if (!watching_ || links_.erase(peer) == 0)
    return;
  ++calls_;
  swarm_->peer_closed(now(), peer);
  act();
}

void SimViewer::unreachable(const PeerId& peer) {
  if (!watching_ || links_.erase(peer) == 0)
    return;
  ++calls_;
  swarm_->peer_unreachable(now(), peer);
  act();
}

// What the swarm says.

void SimViewer::act() {
  for (auto actions = swarm_->take_actions(); !actions.empty(); actions = swarm_->take_actions()) {
    sent_to_.clear();
    prepare_sends(actions);
    for (auto& action : actions)
      std::visit([this](auto& what) { carry_out(what); }, action);
    std::ranges::sort(sent_to_);
    auto twice = std::ranges::unique(sent_to_);
    sent_to_.erase(twice.begin(), twice.end());
    for (const auto& peer : sent_to_)
      swarm_->peer_buffered(now(), peer, around_.network.buffered(id(), peer));
  }
  sleep();
}

void SimViewer::prepare_sends(const std::vector<core::Action>& actions) const {
  for (unsigned step = 0; step < SimNetwork::send_steps && actions.size() > 1; ++step)
    for (const auto& action : actions)
      if (const auto* send = std::get_if<core::Send>(&action))
        around_.network.prepare_send(id(), send->to, step);
}

/// An alarm that rings too early is set anew then: most of them would be moved many times.
void SimViewer::sleep() {
  wake_at_ = std::max(swarm_->next_wakeup(), now() + least_sleep);
  if (wake_at_ >= alarm_at_ || !watching_)
    return;
  alarm_at_ = wake_at_;
  around_.queue.at(alarm_at_, [this, number = ++alarm_number_] {
    if (number != alarm_number_ || !watching_)
      return;
    alarm_at_ = Time::max();
    if (wake_at_ > now())
      return sleep();
    ++calls_;
    swarm_->advance(now());
    act();
  });
}

void SimViewer::note(std::uint64_t kind, std::uint64_t a, std::uint64_t b) {
  auto at = static_cast<std::uint64_t>(now().time_since_epoch().count());
  digest_ = core::mix(core::mix(core::mix(core::mix(digest_, kind), at), a), b);
}

void SimViewer::carry_out(const core::Fetch& fetch) {
  note(1, core::number(fetch.sn), fetch.first ^ fetch.last << 32);
  auto id = fetch.id;
  auto told = [this](auto tell) {
    if (!watching_)
      return;
    ++calls_;
    tell(*swarm_);
    act();
  };
  SimCdn::Sink sink;
  sink.answered = [=, this](const core::FetchHead& head) {
    told([&](core::Swarm& swarm) { swarm.fetch_answered(now(), id, head); });
  };
  sink.data = [=, this](std::span<const std::uint8_t> bytes) {
    told([&](core::Swarm& swarm) { swarm.fetch_data(now(), id, bytes); });
  };
  sink.done = [=, this] { told([&](core::Swarm& swarm) { swarm.fetch_done(now(), id); }); };
  sink.failed = [=, this](const core::FetchError& error) {
    told([&](core::Swarm& swarm) { swarm.fetch_failed(now(), id, error); });
  };
  around_.cdn.fetch(index_, this->id(), fetch, std::move(sink));
}

void SimViewer::carry_out(const core::CancelFetch& cancel) {
  note(2, static_cast<std::uint64_t>(cancel.id), 0);
  around_.cdn.cancel(index_, cancel.id);
}

void SimViewer::carry_out(const core::RefreshPlaylist&) {
  note(3, 0, 0);
  if (!polling_)
    poll_at(std::max(now(), polled_at_ + least_between_polls), true);
}

void SimViewer::carry_out(core::Send& send) {
  note(4, std::hash<PeerId>()(send.to), send.header.size() + send.size);
  if (send.size > 0)
    sent_to_.push_back(send.to);
  around_.network.send(id(), send.to, {std::move(send.header), std::move(send.chunk), send.size});
}

void SimViewer::carry_out(const core::Connect& connect) {
  note(5, std::hash<PeerId>()(connect.peer), 0);
  links_.insert(connect.peer);
  around_.network.connect(id(), connect.peer);
}

void SimViewer::carry_out(const core::Disconnect& disconnect) {
  note(6, std::hash<PeerId>()(disconnect.peer), disconnect.reason.size());
  drops.push_back(disconnect.reason);
  links_.erase(disconnect.peer);
  around_.network.disconnect(id(), disconnect.peer);
}

void SimViewer::carry_out(const core::Announce& announce) {
  note(7, static_cast<std::uint64_t>(announce.event), announce.want);
  around_.tracker.announce(id(), announce,
                           [this](const std::optional<core::TrackerAnswer>& answer) {
                             if (!watching_)
                               return;
                             if (answer)
                               swarm_->tracker_answered(now(), *answer);
                             else
                               swarm_->tracker_failed(now(), {});
                             act();
                           });
}

/// Which of the segments that bear this number it says it is.
Segment SimViewer::made(const core::Deliver& deliver) const {
  Segment segment{core::number(deliver.sn), around_.cdn.epoch(), 0};
  // What was made before the encoder began anew is still on its way out.
  if (segment.epoch > 0 && deliver.program_date_time &&
      *deliver.program_date_time < around_.cdn.epoch_began())
    --segment.epoch;
  // Viewers at the other edge may have given it: then it must be theirs, whole.
  segment.edge = deliver.segment_size == around_.cdn.size(segment) ? 0 : 1;
  return segment;
}

bool SimViewer::right(const core::Deliver& deliver, const Segment& segment) const {
  if (deliver.segment_size != around_.cdn.size(segment) ||
      deliver.offset + deliver.size > deliver.segment_size)
    return false;
  if (settings_.core.keeping == core::Keeping::sizes)
    return true;
  auto bytes = around_.cdn.content(segment).subspan(deliver.offset, deliver.size);
  return std::memcmp(deliver.chunk.data(), bytes.data(), bytes.size()) == 0;
}

void SimViewer::carry_out(const core::Deliver& deliver) {
  note(8, core::number(deliver.sn), deliver.offset);
  auto segment = made(deliver);
  wrong_ += !right(deliver, segment);
  breaks_ += deliver.discontinuity;
  bool continues =
      last_ && (deliver.offset == 0
                    ? number(last_->sn) + 1 == number(deliver.sn) &&
                          last_->offset + last_->size == last_->segment_size
                    : last_->sn == deliver.sn && last_->offset + last_->size == deliver.offset);
  spliced_ += !continues && !(deliver.discontinuity && deliver.offset == 0);
  auto& played = played_[segment];
  if (played.bytes == 0)
    played.first_at = now();
  played.bytes += deliver.size;
  last_ = deliver;
  last_->chunk = {};
  worst_delay_ = std::max(worst_delay_, swarm_->statistics().delay);
  ++calls_;
  swarm_->taken(now(), deliver.size, {});
}

void SimViewer::carry_out(const core::Finish&) {
  note(9, 0, 0);
  ++finished_;
}

} // namespace p2plive::sim
