// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/brief_have.h"

#include "core/wire_entry.h"
#include "core/wire_struct.h"

#include "schemas/peer_generated.h"

#include <limits>
#include <utility>

namespace p2plive::core {

namespace {

using Bytes = std::vector<std::uint8_t>;
using Kind = wire::MessageKind;

/// A struct tells its distance to the ends of the window in a byte each.
constexpr std::uint64_t farthest = 0xff;

/// What there is of an object; none: more than one word can say.
std::optional<Gain> in_one_word(const ObjectHave& object) {
  Gain gain{object.object.sn, 0, 0};
  if (!object.chunks.empty())
    gain.word = static_cast<std::uint8_t>(object.chunks.front().first / 32);
  for (auto span : object.chunks)
    for (std::uint64_t i = 0; i < span.count; ++i) {
      if ((span.first + i) / 32 != gain.word)
        return {};
      gain.bits |= 1u << (span.first + i) % 32;
    }
  return gain;
}

/// A have as structs; none: it says more than they can.
class Brief {
public:
  static std::optional<Bytes> of(const HaveMessage& have) {
    Brief brief(have);
    brief.write();
    if (!brief.can_)
      return {};
    return std::move(brief.bytes_);
  }

private:
  explicit Brief(const HaveMessage& have) : have_(have) {}

  void write() {
    can_ = have_.uplink == 0 && have_.reach == 0;
    for (const auto& object : have_.objects)
      name(object);
    for (const auto& gain : have_.gains)
      news(gain);
    if (bytes_.empty())
      news({have_.newest_listed, 0, 0});
    if (have_.entry)
      append(bytes_, to_wire(*have_.entry));
  }

  void name(const ObjectHave& object) {
    auto gain = in_one_word(object);
    if (!gain || object.size > max_segment_size || !is_near(gain->sn)) {
      can_ = false;
      return;
    }
    append(bytes_, wire::Name(Kind::Name, ahead(gain->sn), behind(gain->sn), gain->word, gain->bits,
                              number(gain->sn), static_cast<std::uint64_t>(object.object.version),
                              static_cast<std::uint32_t>(object.size)));
  }

  void news(const Gain& gain) {
    can_ &= is_near(gain.sn);
    append(bytes_, wire::News(Kind::News, ahead(gain.sn), behind(gain.sn), gain.word, gain.bits,
                              number(gain.sn)));
  }

  bool is_near(SequenceNumber sn) const {
    return sn >= have_.oldest && number(sn) - number(have_.oldest) <= farthest &&
           sn <= have_.newest_listed && number(have_.newest_listed) - number(sn) <= farthest;
  }
  std::uint8_t ahead(SequenceNumber sn) const {
    return static_cast<std::uint8_t>(number(have_.newest_listed) - number(sn));
  }
  std::uint8_t behind(SequenceNumber sn) const {
    return static_cast<std::uint8_t>(number(sn) - number(have_.oldest));
  }

  const HaveMessage& have_;
  Bytes bytes_;
  bool can_ = true;
};

/// The spans of chunks that a word's bits are.
std::vector<ChunkSpan> spans(std::uint32_t word, std::uint32_t bits) {
  std::vector<ChunkSpan> out;
  for (std::uint32_t i = 0; i < 32; ++i) {
    if (!(bits >> i & 1))
      continue;
    if (i > 0 && (bits >> (i - 1) & 1))
      ++out.back().count;
    else
      out.push_back({32 * word + i, 1});
  }
  return out;
}

/// Takes over the window that a News or Name tells. False: there is none.
template <typename Struct>
bool take_window(HaveMessage& have, const std::optional<Struct>& m) {
  if (!m || m->behind() > m->sequence_number() ||
      m->ahead() > std::numeric_limits<std::uint64_t>::max() - m->sequence_number())
    return false;
  have.oldest = SequenceNumber{m->sequence_number() - m->behind()};
  have.newest_listed = SequenceNumber{m->sequence_number() + m->ahead()};
  return true;
}

/// Takes over an Entry. False: it is none, or not the first.
bool take_entry(HaveMessage& have, std::span<const std::uint8_t> bytes) {
  auto entry = front<wire::Entry>(bytes);
  if (!entry || have.entry)
    return false;
  have.entry = from_wire(*entry);
  return have.entry.has_value();
}

} // namespace

std::optional<Bytes> encode_brief_have(const HaveMessage& have) {
  return Brief::of(have);
}

std::optional<HaveMessage> decode_brief_have(std::span<const std::uint8_t> bytes,
                                             std::string& reason) {
  HaveMessage out;
  while (!bytes.empty()) {
    if (static_cast<Kind>(bytes[0]) == Kind::Entry) {
      if (!take_entry(out, bytes)) {
        reason = "a have tells of a segment that cannot be";
        return {};
      }
      bytes = bytes.subspan(sizeof(wire::Entry));
      continue;
    }
    if (static_cast<Kind>(bytes[0]) == Kind::News) {
      auto news = front<wire::News>(bytes);
      if (!take_window(out, news))
        return {};
      if (news->bits() != 0)
        out.gains.push_back({SequenceNumber{news->sequence_number()}, news->word(), news->bits()});
      bytes = bytes.subspan(sizeof *news);
      continue;
    }
    auto name = front<wire::Name>(bytes);
    if (static_cast<Kind>(bytes[0]) != Kind::Name || !take_window(out, name))
      return {};
    if (out.objects.size() == max_have_objects) {
      reason = "too many objects in a have";
      return {};
    }
    if (name->size() > max_segment_size) {
      reason = "a have names a segment larger than any can be";
      return {};
    }
    ObjectHave object{{SequenceNumber{name->sequence_number()}, Version{name->version()}},
                      name->size(),
                      spans(name->word(), name->bits())};
    if (!object.chunks.empty() &&
        object.chunks.back().first + object.chunks.back().count > chunk_count(object.size)) {
      reason = "a have names chunks that cannot be";
      return {};
    }
    out.objects.push_back(std::move(object));
    bytes = bytes.subspan(sizeof *name);
  }
  return out;
}

} // namespace p2plive::core
