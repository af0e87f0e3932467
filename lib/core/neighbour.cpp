// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/neighbour.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

namespace {
/// Weight of one measurement in the running means.
constexpr double weight = 0.25;
constexpr std::size_t least_owed = 2;
constexpr std::size_t most_owed_ever = 32;
/// A connection that moves nothing for so long stands still, whatever it holds.
constexpr double stall_seconds = 1;
/// Init sections that are remembered of a neighbour.
constexpr std::ptrdiff_t most_inits = 4;

/// What `theirs` does not have.
std::vector<Gain> gains(const ObjectHave& object, const ChunkSet& theirs) {
  std::vector<Gain> out;
  for (auto span : object.chunks)
    for (auto chunk = span.first; chunk < span.first + span.count; ++chunk) {
      if (theirs.contains(chunk))
        continue;
      auto word = static_cast<std::uint8_t>(chunk / 32);
      if (out.empty() || out.back().word != word)
        out.push_back({object.object.sn, word, 0});
      out.back().bits |= 1u << chunk % 32;
    }
  return out;
}

} // namespace

void Neighbour::tells_uplink(std::uint32_t kilobits) {
  if (kilobits == 0)
    return;
  uplink_ = kilobits * 125.0;
  if (!measured_)
    rate_ = std::min(rate_, uplink_);
}

void Neighbour::tells_reach(unsigned per_cent) {
  if (per_cent > 0)
    reach_ = std::min(per_cent, 100u);
}

HaveMessage Neighbour::tell(const HaveMessage& have) {
  HaveMessage out{{}, have.oldest, have.newest_listed, have.uplink, have.reach, {}};
  std::erase_if(told_, [&](const NamedSegment& told) {
    return told.name.sn < have.oldest || told.name.sn > have.newest_listed;
  });
  for (const auto& object : have.objects) {
    const auto* known = find(object.object.sn);
    bool same = known && known->name == object.object;
    if (is_init(object.object.sn)) { // outside the window: nobody keeps account of whom it was told
      if (!same || !gains(object, known->chunks).empty())
        out.objects.push_back(object);
      continue;
    }
    auto told = std::ranges::find(told_, object.object.sn,
                                  [](const NamedSegment& one) { return one.name.sn; });
    // A gain is of the version that was named last, by whomever.
    if (!(same && told == told_.end()) && (told == told_.end() || told->name != object.object)) {
      if (told != told_.end())
        *told = {object.object, object.size};
      else
        told_.push_back({object.object, object.size});
      out.objects.push_back(object);
      continue;
    }
    for (auto gain : gains(object, same ? known->chunks : ChunkSet()))
      out.gains.push_back(gain);
  }
  return out;
}

void Neighbour::count_in(Holders* holders) {
  if (holders_) {
    for (const auto& segment : segments_)
      lost(segment);
    holders_->leave(place_);
  }
  holders_ = holders;
  if (!holders_)
    return;
  place_ = holders_->enter(*this);
  for (const auto& segment : segments_)
    for (std::size_t chunk = 0; uploads && chunk < segment.chunks.count(); ++chunk)
      if (segment.chunks.contains(chunk))
        holders_->add(segment.name, chunk, place_);
}

void Neighbour::got(RemoteSegment& segment, std::size_t chunk) {
  if (segment.chunks.insert(chunk) && holders_ && uploads)
    holders_->add(segment.name, chunk, place_);
}

/// All of it.
void Neighbour::lost(const RemoteSegment& segment) {
  for (std::size_t chunk = 0; holders_ && uploads && chunk < segment.chunks.count(); ++chunk)
    if (segment.chunks.contains(chunk))
      holders_->remove(segment.name, chunk, place_);
}

/// The segment in this version, new where it was not known.
RemoteSegment& Neighbour::enter(const ObjectName& name, std::uint64_t size) {
  auto place = std::ranges::lower_bound(segments_, name.sn, {},
                                        [](const RemoteSegment& known) { return known.name.sn; });
  if (place == segments_.end() || place->name.sn != name.sn)
    place = segments_.insert(place, RemoteSegment{});
  if (place->name == name)
    return *place;
  lost(*place);
  *place = {name, size, ChunkSet(chunk_count(size))};
  return *place;
}

void Neighbour::learn(const HaveMessage& have) {
  // A restarted encoder begins again from low numbers: what the sender no longer keeps is forgotten
  // on both sides of its window.
  std::erase_if(segments_, [&](const RemoteSegment& segment) {
    bool within = segment.name.sn >= have.oldest &&
                  (segment.name.sn <= have.newest_listed || is_init(segment.name.sn));
    if (!within)
      lost(segment);
    return !within;
  });
  newest_listed_ = have.newest_listed;
  tells_uplink(have.uplink);
  tells_reach(have.reach);
  for (const auto& object : have.objects) {
    if (object.object.sn < have.oldest)
      continue;
    auto& segment = enter(object.object, object.size);
    for (auto span : object.chunks)
      for (auto chunk = span.first;
           chunk < span.first + span.count && chunk < segment.chunks.count(); ++chunk)
        got(segment, chunk);
  }
  for (const auto& gain : have.gains)
    learn(gain);
  forget_old_inits(have);
  while (segments_.size() > max_have_objects) {
    lost(segments_.front());
    segments_.erase(segments_.begin());
  }
}

/// They are outside the window and never leave it. Which of several goes is chance: a stream needs
/// one at a time, two at a break.
void Neighbour::forget_old_inits(const HaveMessage& news) {
  if (segments_.empty() || !is_init(segments_.back().name.sn))
    return;
  auto count = std::ranges::count_if(
      segments_, [](const RemoteSegment& segment) { return is_init(segment.name.sn); });
  std::erase_if(segments_, [&](const RemoteSegment& segment) {
    bool is_news = std::ranges::any_of(
        news.objects, [&](const ObjectHave& object) { return object.object == segment.name; });
    if (!is_init(segment.name.sn) || is_news || count <= most_inits)
      return false;
    --count;
    lost(segment);
    return true;
  });
}

void Neighbour::learn(const Gain& gain) {
  auto* segment = find(gain.sn);
  if (auto told =
          std::ranges::find(told_, gain.sn, [](const NamedSegment& one) { return one.name.sn; });
      !segment && told != told_.end())
    segment = &enter(told->name, told->size);
  if (segment)
    for (std::size_t i = 0; i < 32; ++i)
      if (gain.bits >> i & 1)
        got(*segment, 32 * gain.word + i);
}

void Neighbour::given(Time now, std::size_t bytes) {
  if (buffered_ == 0)
    moved_at_ = now;
  buffered_ += bytes;
  given_ = true;
  exchanged_ += static_cast<double>(bytes);
}

std::size_t Neighbour::holds(Time now, std::size_t bytes) {
  auto left = bytes < buffered_ ? buffered_ - bytes : 0;
  if (left > 0)
    moved_at_ = now;
  buffered_ = bytes;
  return std::exchange(given_, false) ? 0 : left;
}

void Neighbour::pass_of_time(double share) {
  exchanged_ *= share;
  received_ *= share;
}

void Neighbour::gave_unasked(std::size_t bytes) {
  exchanged_ += static_cast<double>(bytes);
  received_ += static_cast<double>(bytes);
}

bool Neighbour::stands_still(Time now, double rate) const {
  auto patience = std::max(stall_seconds, 4 * static_cast<double>(buffered_) / rate);
  return buffered_ > 0 && seconds(now - moved_at_) > patience;
}

// The newest are what is asked for most.
const RemoteSegment* Neighbour::find(SequenceNumber sn) const {
  for (auto i = segments_.size(); i-- > 0 && segments_[i].name.sn >= sn;)
    if (segments_[i].name.sn == sn)
      return &segments_[i];
  return nullptr;
}

RemoteSegment* Neighbour::find(SequenceNumber sn) {
  return const_cast<RemoteSegment*>(std::as_const(*this).find(sn));
}

bool Neighbour::has(const ChunkName& chunk) const {
  const auto* segment = find(chunk.object.sn);
  return segment && segment->name == chunk.object && segment->chunks.contains(number(chunk.chunk));
}

const RemoteSegment* Neighbour::gives(const ObjectName& segment) const {
  const auto* theirs = ready && uploads ? find(segment.sn) : nullptr;
  return theirs && theirs->name == segment ? theirs : nullptr;
}

void Neighbour::has_not(const ChunkName& chunk) {
  if (!has(chunk))
    return;
  find(chunk.object.sn)->chunks.erase(number(chunk.chunk));
  if (holders_ && uploads)
    holders_->remove(chunk.object, number(chunk.chunk), place_);
}

/// False when it is not among them.
static bool forget(std::vector<Owed>& those, const ChunkName& chunk) {
  auto found = std::ranges::find(those, chunk, &Owed::chunk);
  if (found == those.end())
    return false;
  those.erase(found);
  return true;
}

bool Neighbour::forget(const ChunkName& chunk) {
  return core::forget(owed_, chunk);
}

bool Neighbour::take_back(Time now, const ChunkName& chunk) {
  if (!forget(chunk))
    return false;
  taken_back_.push_back({chunk, now});
  return true;
}

bool Neighbour::forget_taken_back(const ChunkName& chunk) {
  return core::forget(taken_back_, chunk);
}

bool Neighbour::forget_pushed(const ChunkName& chunk) {
  return core::forget(pushed_, chunk);
}

void Neighbour::forget_before(Time since) {
  for (auto* those : {&owed_, &taken_back_, &pushed_})
    std::erase_if(*those, [&](const Owed& one) { return one.asked_at < since; });
}

std::size_t Neighbour::most_owed() const {
  if (failures_ > 0)
    return 1;
  return std::clamp(static_cast<std::size_t>(rate_ / chunk_size), least_owed, most_owed_ever);
}

Duration Neighbour::expected(std::size_t bytes) const {
  // The answer time has the transfer of one chunk in it; what comes behind it adds to that.
  auto behind = static_cast<double>(owed_.size() * chunk_size + bytes) - chunk_size;
  return answer_time_ + std::chrono::duration_cast<Duration>(
                            std::chrono::duration<double>(std::max(behind, 0.0) / rate_));
}

void Neighbour::delivered(Time now, const ChunkName& chunk, std::size_t bytes) {
  auto found = std::find_if(owed_.begin(), owed_.end(),
                            [&](const Owed& owed) { return owed.chunk == chunk; });
  if (found == owed_.end())
    return;
  // Pieces come one after another: one that waited behind another tells the rate. One that did not
  // tells the time to answer, most of which may be distance: then the rate is at least that.
  bool waited = found->asked_at < last_piece_;
  auto took = std::max<Duration>(now - (waited ? last_piece_ : found->asked_at), 1ms);
  auto measured = static_cast<double>(bytes) / seconds(took);
  if (waited) {
    rate_ = measured_ ? (1 - weight) * rate_ + weight * measured : measured;
    measured_ = true;
  } else {
    rate_ = std::max(rate_, measured);
    answer_time_ += std::chrono::duration_cast<Duration>((took - answer_time_) * weight);
  }
  last_piece_ = now;
  exchanged_ += static_cast<double>(bytes);
  received_ += static_cast<double>(bytes);
  failures_ = 0;
  owed_.erase(found);
}

void Neighbour::failed_to_deliver(Time now) {
  ++failures_;
  rate_ = std::max(rate_ * 0.7, 10'000.0);
  busy_until_ =
      std::max(busy_until_, now + std::min<Duration>(100ms * (1 << std::min(failures_, 5u)), 2s));
}

void Neighbour::is_busy(Time now, Duration retry_after) {
  busy_until_ = std::max(busy_until_, now + std::clamp<Duration>(retry_after, 50ms, 5s));
}

double Neighbour::quality() const {
  return rate_ / (1.0 + failures_);
}

} // namespace p2plive::core
