// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/cps.h"

#include "schemas/cps_generated.h"

namespace p2plive::service {

Answer Cps::answer(std::span<const std::uint8_t> body) const {
  auto request = read_request<wire::CpsRequest>(body);
  if (!request)
    return std::move(request.error());
  auto id = options_.rules.stream_id((*request)->uri()->string_view());
  if (!id)
    return refuse(400, id.error());
  flatbuffers::FlatBufferBuilder builder(256 + id->size());
  auto text = builder.CreateString(*id);
  auto version = spoken_version();
  auto rid = to_wire(Rid{md5_(*id)});
  auto max_age = static_cast<std::uint32_t>(options_.max_age.count());
  builder.Finish(wire::CreateCpsReply(builder, &version, &rid, text, max_age));
  return reply(builder);
}

} // namespace p2plive::service
