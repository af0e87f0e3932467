// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/world.h"

#include "core/mix.h"

namespace p2plive::sim {

namespace {
/// Virtual time at which worlds begin; not zero, so that nothing depends on it.
constexpr Time beginning = Time{} + 1'000s;

/// The longest that a chunk plays.
Duration chunk_duration(const CdnSettings& cdn) {
  auto bits = static_cast<double>(core::chunk_size) * 8;
  std::chrono::duration<double> time(bits / static_cast<double>(cdn.bitrate) / (1 - cdn.variation));
  return std::chrono::duration_cast<Duration>(time);
}
} // namespace

World::World(const WorldSettings& settings)
    : queue(beginning), network(queue, settings.network, core::mix(settings.seed, 1)),
      cdn(queue, network, settings.cdn, core::mix(settings.seed, 2)),
      tracker(queue, settings.tracker, core::mix(settings.seed, 3)),
      sinks(chunk_duration(settings.cdn)), random_(core::mix(settings.seed, 4)),
      look_at_(beginning + SinkWatch::interval) {}

PeerId World::draw_id() {
  PeerId id;
  for (auto& byte : id.bytes)
    byte = static_cast<std::uint8_t>(random_());
  return id;
}

SimViewer& World::add(const ViewerSettings& settings, Duration wait) {
  auto own = settings;
  own.core.self = draw_id();
  own.core.seed = random_();
  Surroundings around{queue, network, cdn, tracker};
  viewers_.push_back(std::make_unique<SimViewer>(around, viewers_.size(), own));
  auto& viewer = *viewers_.back();
  queue.after(wait, [&viewer] { viewer.start(); });
  return viewer;
}

void World::add(std::size_t count, const ViewerSettings& settings, Duration over) {
  for (std::size_t i = 0; i < count; ++i)
    add(settings, over * i / count);
}

void World::add(std::unique_ptr<Node> node, const Access& access) {
  network.attach(*node, access);
  core::Announce announce{core::Announce::Event::started, 0, 10, 0, 0};
  tracker.announce(node->id(), announce, [](const auto&) {});
  others_.push_back(std::move(node));
}

void World::run_for(Duration time) {
  auto end = queue.now() + time;
  while (look_at_ <= end) {
    queue.run_until(look_at_);
    sinks.look(look_at_, viewers_);
    look_at_ += SinkWatch::interval;
  }
  queue.run_until(end);
}

void World::begin_steady() {
  sinks.look(queue.now(), viewers_);
  steady_ = Snapshot::of(viewers_, sinks, queue.now());
}

Figures World::figures(Group group) const {
  return measure(scene(), steady_, queue.now(), group);
}

Figures World::whole_figures() const {
  return measure(scene(), {}, queue.now(), Group::all);
}

std::uint64_t World::digest() const {
  std::uint64_t digest = 0;
  for (const auto& viewer : viewers_)
    digest = core::mix(digest, viewer->digest());
  return digest;
}

} // namespace p2plive::sim
