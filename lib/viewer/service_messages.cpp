// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/service_messages.h"

#include "schemas/cps_generated.h"
#include "schemas/index_generated.h"
#include "schemas/tracker_generated.h"
#include "viewer/public_uri.h"

#include <algorithm>

namespace p2plive::viewer {

namespace {

using namespace std::chrono_literals;
namespace fb = flatbuffers;

constexpr std::size_t most_addresses = 8; ///< of one service
constexpr std::size_t most_peers = 200;   ///< in one answer
constexpr std::size_t longest_uri = 2048;
constexpr std::size_t longest_host = 255;

std::vector<std::string> read_uris(const fb::Vector<fb::Offset<fb::String>>* list) {
  std::vector<std::string> uris;
  for (fb::uoffset_t i = 0; list && i < list->size() && uris.size() < most_addresses; ++i) {
    auto uri = list->Get(i)->str();
    if (uri.size() <= longest_uri && (uri.starts_with("http://") || uri.starts_with("https://")))
      uris.push_back(std::move(uri));
  }
  return uris;
}

std::vector<ServiceAddress>
read_addresses(const fb::Vector<fb::Offset<wire::ServiceAddress>>* list) {
  std::vector<ServiceAddress> addresses;
  for (fb::uoffset_t i = 0; list && i < list->size() && addresses.size() < most_addresses; ++i) {
    auto* address = list->Get(i);
    auto host = address->host()->str();
    bool usable = !host.empty() && host.size() <= longest_host && address->port() != 0 &&
                  host.find('\0') == std::string::npos;
    if (usable)
      addresses.push_back({std::move(host), address->port(), address->tls()});
  }
  return addresses;
}

} // namespace

Bytes index_request(const std::string& agent) {
  fb::FlatBufferBuilder builder;
  auto version = wire_version();
  auto text = builder.CreateString(agent);
  builder.Finish(wire::CreateIndexRequest(builder, &version, text));
  return to_bytes(builder);
}

Bytes cps_request(const std::string& media_uri) {
  fb::FlatBufferBuilder builder;
  auto version = wire_version();
  auto uri = builder.CreateString(public_uri(media_uri));
  builder.Finish(wire::CreateCpsRequest(builder, &version, uri));
  return to_bytes(builder);
}

Bytes announce_request(const core::Rid& rid, const core::PeerId& self,
                       const core::Announce& announce) {
  fb::FlatBufferBuilder builder;
  auto version = wire_version();
  auto wire_rid = to_wire<wire::Rid>(rid);
  auto wire_self = to_wire<wire::PeerId>(self);
  wire::AnnounceRequestBuilder request(builder);
  request.add_version(&version);
  request.add_rid(&wire_rid);
  request.add_peer_id(&wire_self);
  using From = core::Announce::Event;
  request.add_event(announce.event == From::started   ? wire::AnnounceEvent::Started
                    : announce.event == From::stopped ? wire::AnnounceEvent::Stopped
                                                      : wire::AnnounceEvent::Update);
  request.add_want(announce.want);
  request.add_free_slots(announce.free_slots);
  request.add_connected(announce.connected);
  request.add_upload_kbps(announce.upload_kbps);
  request.add_reach(announce.reach);
  builder.Finish(request.Finish());
  return to_bytes(builder);
}

std::optional<Services> read_index_reply(std::span<const std::uint8_t> bytes) {
  auto* reply = verified<wire::IndexReply>(bytes, longest_reply);
  if (!reply || !speaks_our_version(reply->version()))
    return {};
  Services services;
  services.cps = read_uris(reply->cps_uris());
  services.trackers = read_uris(reply->tracker_uris());
  services.brokers = read_addresses(reply->mqtt());
  services.stun = read_addresses(reply->stun());
  services.max_age =
      std::clamp<std::chrono::seconds>(std::chrono::seconds(reply->max_age_s()), 5s, 24h);
  return services;
}

std::optional<core::Rid> read_cps_reply(std::span<const std::uint8_t> bytes) {
  auto* reply = verified<wire::CpsReply>(bytes, longest_reply);
  if (!reply || !speaks_our_version(reply->version()) || !reply->rid())
    return {};
  return from_wire<core::Rid>(*reply->rid());
}

std::optional<core::TrackerAnswer> read_announce_reply(std::span<const std::uint8_t> bytes) {
  auto* reply = verified<wire::AnnounceReply>(bytes, longest_reply);
  if (!reply || !speaks_our_version(reply->version()))
    return {};
  core::TrackerAnswer answer;
  if (reply->seed_place() <= reply->seed_places())
    answer.seed = {reply->seed_places(), reply->seed_place()};
  answer.population = std::max(reply->population(), 1u);
  answer.interval =
      std::clamp<std::chrono::seconds>(std::chrono::seconds(reply->interval_s()), 1s, 10min);
  auto* peers = reply->peers();
  for (fb::uoffset_t i = 0; peers && i < peers->size() && answer.peers.size() < most_peers; ++i)
    if (auto* id = peers->Get(i)->peer_id())
      answer.peers.push_back(from_wire<core::PeerId>(*id));
  return answer;
}

std::optional<std::chrono::seconds> read_refusal(std::span<const std::uint8_t> bytes) {
  auto* refusal = verified<wire::Refusal>(bytes, longest_reply);
  if (!refusal || refusal->retry_after_s() == 0)
    return {};
  return std::min<std::chrono::seconds>(std::chrono::seconds(refusal->retry_after_s()), 10min);
}

} // namespace p2plive::viewer
