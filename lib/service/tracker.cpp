// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/tracker.h"

#include "schemas/tracker_generated.h"

#include <algorithm>

namespace p2plive::service {
namespace {

constexpr double calm = 0.5;      // load up to which nobody notices anything
constexpr double strained = 0.8;  // from here on only the lonely are introduced
constexpr double max_stretch = 4; // of the interval, at full load

double stretch(double load) {
  return 1 + std::clamp((load - calm) / (1 - calm), 0.0, 1.0) * (max_stretch - 1);
}

Duration times(std::chrono::seconds duration, double factor) {
  return std::chrono::duration_cast<Duration>(duration * factor);
}

Announce from_wire(const wire::AnnounceRequest& request, NetworkPrefix from) {
  Announce announce;
  announce.rid = service::from_wire(*request.rid());
  announce.peer = service::from_wire(*request.peer_id());
  announce.network = from;
  if (request.event() == wire::AnnounceEvent::Started)
    announce.event = Announce::Event::started;
  else if (request.event() == wire::AnnounceEvent::Stopped)
    announce.event = Announce::Event::stopped;
  announce.want = request.want();
  announce.free_slots = request.free_slots();
  announce.upload_kbps = request.upload_kbps();
  announce.connected = request.connected();
  announce.reach = std::min<std::uint8_t>(request.reach(), 100);
  return announce;
}

Answer to_wire(const Introduction& introduction) {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<wire::TrackerPeer>> peers;
  peers.reserve(introduction.peers.size());
  for (const auto& id : introduction.peers) {
    auto wire_id = service::to_wire(id);
    peers.push_back(wire::CreateTrackerPeer(builder, &wire_id));
  }
  auto version = spoken_version();
  auto interval = static_cast<std::uint32_t>(introduction.interval.count());
  auto population = static_cast<std::uint32_t>(introduction.population);
  builder.Finish(wire::CreateAnnounceReply(builder, &version, interval, population,
                                           builder.CreateVector(peers), seed_places,
                                           introduction.seed_place));
  return reply(builder);
}

} // namespace

Tracker::Tracker(TrackerOptions options, std::unique_ptr<TrackerStore> store, std::uint64_t seed)
    : options_(options), store_(std::move(store)), random_(seed) {}

// Spread, so that those who came together do not come back together.
std::chrono::seconds Tracker::spread(Duration interval) {
  auto factor = 0.8 + 0.4 * random_.fraction();
  auto seconds = std::chrono::round<std::chrono::seconds>(interval * factor);
  return std::max(seconds, std::chrono::seconds(1));
}

Introduction Tracker::announce(const Announce& announce, Time now, double load) {
  store_->expire(now);
  Introduction result;
  result.interval = spread(times(options_.interval, stretch(load)));
  if (announce.event == Announce::Event::stopped) {
    store_->remove(announce.rid, announce.peer, announce.network);
    result.population = store_->population(announce.rid);
    return result;
  }
  TrackedViewer viewer{announce.peer, announce.network, announce.region, announce.upload_kbps,
                       announce.free_slots, announce.reach,
                       // Who was told to come back later is kept for longer.
                       now + times(options_.expiry, stretch(load))};
  result.listed = store_->upsert(announce.rid, viewer, now) != Upserted::full;
  result.population = store_->population(announce.rid) + !result.listed;
  result.seed_place = store_->seed_place(announce.rid, announce.peer);
  if (result.seed_place > 0 && result.population > 2 * seed_places)
    result.interval =
        std::min(result.interval, spread(times(options_.appointed_interval, stretch(load))));
  if (load <= strained || announce.connected == 0) {
    SampleQuery query{announce.peer,        announce.network,
                      announce.region,      std::min(announce.want, options_.max_peers),
                      announce.upload_kbps, announce.reach};
    result.peers = store_->sample(announce.rid, query, now);
  }
  return result;
}

Answer Tracker::answer(std::span<const std::uint8_t> body, NetworkPrefix from, Time now,
                       double load) {
  auto request = read_request<wire::AnnounceRequest>(body);
  if (!request)
    return std::move(request.error());
  const auto& fields = **request;
  if (!fields.rid() || !fields.peer_id())
    return refuse(400, "an announce names a RID and a peer id");
  if (fields.event() > wire::AnnounceEvent::MAX)
    return refuse(400, "the event of the announce is not known");
  auto introduction = announce(from_wire(fields, from), now, load);
  // Meeting others without being listed is fine; with nobody to meet, later is better than never.
  if (!introduction.listed && introduction.peers.empty())
    return refuse(429, "the tracker is full", introduction.interval);
  return to_wire(introduction);
}

} // namespace p2plive::service
