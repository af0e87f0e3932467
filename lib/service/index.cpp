// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/index.h"

#include "schemas/index_generated.h"

namespace p2plive::service {
namespace {

auto add(flatbuffers::FlatBufferBuilder& builder, const std::vector<ServiceAddress>& addresses) {
  std::vector<flatbuffers::Offset<wire::ServiceAddress>> offsets;
  for (const auto& address : addresses)
    offsets.push_back(wire::CreateServiceAddress(builder, builder.CreateString(address.host),
                                                 address.port, address.tls));
  return builder.CreateVector(offsets);
}

} // namespace

Index::Index(const IndexOptions& options) {
  flatbuffers::FlatBufferBuilder builder(1024);
  auto cps = builder.CreateVectorOfStrings(options.cps_uris);
  auto trackers = builder.CreateVectorOfStrings(options.tracker_uris);
  auto mqtt = add(builder, options.mqtt);
  auto stun = add(builder, options.stun);
  auto version = spoken_version();
  builder.Finish(wire::CreateIndexReply(builder, &version, cps, trackers, mqtt, stun,
                                        static_cast<std::uint32_t>(options.max_age.count())));
  reply_ = reply(builder);
}

Answer Index::answer(std::span<const std::uint8_t> body) const {
  auto request = read_request<wire::IndexRequest>(body);
  return request ? reply_ : std::move(request.error());
}

} // namespace p2plive::service
