// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/scheduler.h"

#include "core/mix.h"

#include <algorithm>
#include <span>
#include <utility>

namespace p2plive::core {

namespace {

/// Transfers at the same time; beyond the lower number only what is urgent.
constexpr std::size_t most_transfers = 8;
constexpr std::size_t most_transfers_ahead = 4;

/// A chunk of the newest segment that is needed so soon is asked for in order of play: behind three
/// others at the only viewer that has it, it would come too late.
constexpr Duration in_order_within = 1500ms;

/// Media ahead of the hand-out position that is looked at.
constexpr Duration horizon = 60s;

/// Stands for "to the end" while nothing is known of a segment's size.
constexpr std::uint32_t last_chunk_possible = chunk_count(max_segment_size) - 1;

/// Of its first segment a newcomer fetches so many chunks at once, and with the answer, which shows
/// how large it is, what else is urgent (1.2 s of media as long as no fetch has been timed). For
/// what is due after that it may have met others.
constexpr std::uint32_t chunks_to_begin_with = 8;
/// Where chunks are not urgent so long before they are due, nobody could be met in time.
constexpr Duration time_to_meet = 1s;

/// Of what nobody has so much goes with the first chunk that is urgent: at high bitrates one
/// request for each would be many.
constexpr Duration least_range = 125ms;

/// One pass over the window.
class Planner {
public:
  explicit Planner(const Situation& s) : s_(s), position_(s.cursor.position(s.timeline, s.store)) {}

  Plan run() {
    const auto& place = s_.cursor.place();
    auto end = s_.timeline.entries().end();
    auto entry = place ? s_.timeline.place_of(place->sn) : end;
    auto first = place ? place->chunk : 0;
    for (; entry != end && entry->start < position_ + horizon; ++entry) {
      if (s_.cursor.end() && entry->segment.sn >= *s_.cursor.end())
        break;
      if (auto init = entry->segment.init; init && !looked_at(*init))
        look_at(*entry, *init, 0);
      look_at(*entry, entry->segment.sn, first);
      first = 0;
    }
    deal_cards();
    return std::move(plan_);
  }

private:
  /// False the first time.
  bool looked_at(SequenceNumber init) {
    if (std::ranges::find(inits_, init) != inits_.end())
      return true;
    inits_.push_back(init);
    return false;
  }

  /// At the chunks from `first` on of what `entry` needs: its segment, or its init section.
  void look_at(const TimelineEntry& entry, SequenceNumber object, std::uint32_t first) {
    const auto* segment = s_.store.find(object);
    if (!segment || segment->whole())
      return;
    held_ = segment->size() ? s_.holders.find(segment->name()) : nullptr;
    for (auto chunk = first; chunk < segment->slots().size(); ++chunk)
      if (segment->missing && !is_init(object))
        decide_refused(*segment, chunk);
      else if (!segment->slots()[chunk].data && !s_.fetches.covers(segment->sn(), chunk))
        decide(entry, *segment, chunk);
    if (segment->slots().empty() && !segment->missing && std::exchange(first_unknown_, false) &&
        !s_.fetches.covers(segment->sn(), 0))
      decide_unknown(entry, *segment);
  }

  /// Of the very first segment nothing is known: it is fetched from its start to its end, or, while
  /// viewers are being met who may give the rest, its beginning. Those after it wait for the size
  /// that the answer tells.
  void decide_unknown(const TimelineEntry& entry, const StoredSegment& segment) {
    auto urgent_at = due(entry.start) - s_.cdn_threshold;
    if (s_.now < urgent_at)
      wake(urgent_at);
    else
      fetch(segment, 0, others_may_give() ? chunks_to_begin_with - 1 : last_chunk_possible, true);
  }

  bool others_may_give() const {
    return s_.now < s_.hold_seeding_until && s_.cdn_threshold >= time_to_meet;
  }

  /// What the CDN has refused can come from viewers alone, up to the moment when it is left out.
  void decide_refused(const StoredSegment& segment, std::uint32_t chunk) {
    const auto& slot = segment.slots()[chunk];
    if (slot.data)
      return;
    if (slot.asked && s_.now < slot.give_up_at)
      return wake(slot.give_up_at);
    if (slot.asked) {
      plan_.withdrawals.push_back({*slot.asked, segment.sn(), chunk, true});
      return wake(s_.now);
    }
    ChunkName name{segment.name(), ChunkIndex{chunk}};
    if (somebody_has(chunk))
      cards_.push_back({name, segment.length(chunk), s_.now + refused_wait});
  }

  void decide(const TimelineEntry& entry, const StoredSegment& segment, std::uint32_t chunk) {
    const auto& slot = segment.slots()[chunk];
    auto count = static_cast<double>(segment.slots().size());
    auto before = std::chrono::duration_cast<Duration>(entry.segment.duration * (chunk / count));
    auto due_at = due(s_.cursor.gives_whole() ? entry.start : entry.start + before);
    auto urgent_at = due_at - s_.cdn_threshold;
    auto last_call = due_at - s_.last_call;
    bool promised = slot.asked && s_.now < slot.give_up_at;
    if (entry.told)
      look_before(promised ? last_call : urgent_at);
    if (slot.asked && !promised && s_.now < last_call) {
      // Dealt again when the viewer has been told, and thought less of.
      plan_.withdrawals.push_back({*slot.asked, segment.sn(), chunk, true});
      wake(s_.now);
      return;
    }
    if (s_.now >= urgent_at && !slot.asked && s_.now < last_call && somebody_has(chunk)) {
      // Who can still give it in time is asked; else it goes to the CDN with this plan.
      cards_.push_back({{segment.name(), ChunkIndex{chunk}}, segment.length(chunk), last_call});
      urgent_.push_back({&segment, chunk});
      return;
    }
    if (s_.now >= (promised ? last_call : urgent_at) ||
        goes_along(segment, chunk, entry.segment.duration / segment.slots().size())) {
      if (fetch(segment, chunk, chunk, true) && slot.asked)
        plan_.withdrawals.push_back({*slot.asked, segment.sn(), chunk, false});
      return;
    }
    wake(promised ? std::min(slot.give_up_at, last_call) : urgent_at);
    if (promised)
      return;
    auto held = somebody_has(chunk);
    if (held && !s_.seed_share) {
      cards_.push_back({{segment.name(), ChunkIndex{chunk}}, segment.length(chunk), last_call});
      return;
    }
    const auto& near = s_.seeders.of(entry.segment.sn, s_.self.weight, s_.bitrate, s_.neighbours);
    auto duty = seeding_duty({s_.self, near, s_.population, s_.seed_share, s_.uploads,
                              s_.seed_place, s_.seeders.weights()},
                             segment.sn(), s_.fetches.whole_only() ? 0 : chunk);
    auto seed_at = duty.after == Duration::max()
                       ? Time::max()
                       : std::max(entry.listed_at + duty.after, s_.hold_seeding_until);
    if ((!held || duty.whoever_has_it) && s_.now >= seed_at) {
      fetch(segment, chunk, chunk, false);
    } else if (held) {
      cards_.push_back({{segment.name(), ChunkIndex{chunk}}, segment.length(chunk), last_call});
    } else {
      wake(seed_at);
    }
  }

  /// With the urgent range before it, while that is short.
  bool goes_along(const StoredSegment& segment, std::uint32_t chunk, Duration of_a_chunk) const {
    if (plan_.fetches.empty() || segment.slots()[chunk].asked || somebody_has(chunk))
      return false;
    const auto& before = plan_.fetches.back();
    return before.urgent && before.sn == segment.sn() && before.last + 1 == chunk &&
           (chunk - before.first) * of_a_chunk < least_range;
  }

  /// What others told of can be fetched only when our own playlist has shown it: that is loaded
  /// early enough. It takes about as long as half of the threshold, which is made of such times.
  void look_before(Time fetch_at) {
    auto look_at = fetch_at - s_.cdn_threshold / 2;
    if (s_.now < look_at)
      wake(look_at);
    else
      plan_.look = true;
  }

  /// Adds the chunk to the last planned range where they touch. False when it has to wait.
  bool fetch(const StoredSegment& segment, std::uint32_t first, std::uint32_t last, bool urgent) {
    if (const auto* entry = s_.timeline.find(segment.sn()); entry && entry->told) {
      plan_.look = true;
      return false;
    }
    if (s_.now < segment.retry_at) {
      wake(segment.retry_at);
      return false;
    }
    if (s_.fetches.whole_only()) {
      bool planned =
          std::ranges::find(plan_.fetches, segment.sn(), &PlannedFetch::sn) != plan_.fetches.end();
      if (planned || s_.fetches.any_of(segment.sn()))
        return planned;
      first = 0;
      last = last_chunk_possible;
    } else if (!plan_.fetches.empty()) {
      auto& before = plan_.fetches.back();
      if (before.sn == segment.sn() && before.last + 1 == first) {
        before.last = last;
        before.urgent |= urgent;
        return true;
      }
    }
    auto under_way = s_.fetches.under_way().size() + plan_.fetches.size();
    if (under_way >= (urgent ? most_transfers : most_ahead()))
      return false; // the end of a transfer makes the next plan
    plan_.fetches.push_back({segment.sn(), first, last, urgent});
    return true;
  }

  /// As many as the link carries streams: of more that share it each would come after its time.
  std::size_t most_ahead() const {
    if (!s_.link || s_.bitrate <= 0)
      return most_transfers_ahead;
    auto streams = std::min(*s_.link / s_.bitrate, double{most_transfers_ahead});
    return std::max<std::size_t>(static_cast<std::size_t>(streams), 1);
  }

  /// Of the segment that is looked at.
  bool somebody_has(std::uint32_t chunk) const { return held_ && held_->any(chunk); }

  /// The newest segment in an order of each viewer's own, so that viewers ask for different chunks
  /// and each copy is multiplied at once; what is needed soon in order of play before that.
  void deal_cards() {
    auto newest = s_.timeline.newest();
    auto spread = std::stable_partition(cards_.begin(), cards_.end(), [&](const Card& card) {
      return card.chunk.object.sn != newest || card.needed_by < s_.now + in_order_within;
    });
    shuffle({spread, cards_.end()});
    std::vector<ChunkName> wanted;
    for (const auto& card : cards_)
      wanted.push_back(card.chunk);
    plan_.requests = deal(s_.now, cards_, s_.holders.of_any(wanted), {s_.reach, s_.slow});
    for (auto [segment, chunk] : urgent_) {
      ChunkName name{segment->name(), ChunkIndex{chunk}};
      if (std::ranges::find(plan_.requests, name, &Dealt::chunk) == plan_.requests.end())
        fetch(*segment, chunk, chunk, true);
    }
    plan_.undealt = plan_.requests.size() < cards_.size();
    if (plan_.undealt && s_.slow)
      for (const auto& card : cards_)
        if (auto at = card.needed_by - asked_at_last; at > s_.now)
          wake(at);
    if (plan_.undealt)
      for (const auto& [id, neighbour] : s_.neighbours)
        if (neighbour.busy_until() > s_.now)
          wake(neighbour.busy_until());
  }
  /// The same way in every plan.
  void shuffle(std::span<Card> cards) const {
    std::vector<std::pair<std::uint64_t, Card>> turns;
    for (const auto& card : cards)
      turns.emplace_back(mix(s_.self.id, card.chunk.object.sn, number(card.chunk.chunk)), card);
    std::ranges::sort(turns, {}, [](const auto& turn) { return turn.first; });
    std::ranges::transform(turns, cards.begin(), [](const auto& turn) { return turn.second; });
  }

  Time due(Position position) const { return s_.cursor.due(s_.now, position_, position); }
  void wake(Time at) { plan_.wakeup = std::min(plan_.wakeup, at); }

  const Situation& s_;
  Position position_;
  Plan plan_;
  std::vector<Card> cards_;
  std::vector<std::pair<const StoredSegment*, std::uint32_t>> urgent_; ///< of these cards
  const Holders::Segment* held_ = nullptr; ///< what can be had of the segment that is looked at
  std::vector<SequenceNumber> inits_;      ///< that were looked at: segments share them
  bool first_unknown_ = true;
};

} // namespace

Plan plan(const Situation& situation) {
  return Planner(situation).run();
}

Duration last_call(Duration threshold, Duration fetch_p95) {
  return std::min<Duration>(threshold, fetch_p95 * 3 / 2 + 50ms);
}

Duration cdn_threshold(std::optional<Duration> wanted, Duration fetch_p95, Duration peers_time) {
  auto most = std::max<Duration>(peers_time, 200ms);
  if (wanted)
    return std::min(*wanted, most);
  auto least = std::min<Duration>(400ms, most);
  return std::clamp<Duration>(2 * fetch_p95 + 200ms, least, std::max(least, most / 2));
}

} // namespace p2plive::core
