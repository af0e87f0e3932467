// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/cursor.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

namespace {
/// Handed out and not yet taken, from which on the consumer counts as blocked; where much is handed
/// out together it is more. What waits there gets old while the application is paused, so it must
/// be little time at low bitrates, too.
constexpr std::size_t least_outstanding = 8 * chunk_size;
constexpr Duration least_outstanding_media = 500ms;

/// Untaken for so long: the queues of a paused player are full, and not its thread slow.
constexpr Duration full_after = 1s;

/// While a jump waits for what is not listed yet.
constexpr Duration look_again_after = 100ms;

/// Handed out together, where no more is set: each time wakes two threads, which at 8 Mbit/s cost
/// more than the bytes.
constexpr Duration usually_together = 100ms;

/// Parts in a million by which a consumer without a clock is given the stream faster or slower:
/// more than two crystals differ, and too little to be noticed.
constexpr int follows_by = 1'000;

/// From asking to the first frame: fetch, demux and decode.
constexpr Duration startup_allowance = 300ms;

/// Media from the beginning of the segment to the beginning of `chunk`.
Duration media_before(const TimelineEntry& entry, const StoredSegment* segment,
                      std::uint32_t chunk) {
  if (chunk == 0 || !segment || segment->slots().empty())
    return 0ns;
  double size = segment->size() ? static_cast<double>(*segment->size())
                                : static_cast<double>(segment->slots().size() * chunk_size);
  auto share = std::min(1.0, static_cast<double>(chunk) * chunk_size / size);
  return std::chrono::duration_cast<Duration>(entry.segment.duration * share);
}

/// The segment in which `offset` lies, as Listing::start_offset; the first or the last where it
/// lies outside of all.
const TimelineEntry& entry_at(Duration offset, const Timeline& timeline) {
  const auto& entries = timeline.entries();
  auto wanted = offset < 0ns ? entries.back().end() + offset : entries.front().start + offset;
  const auto* found = &entries.front();
  for (const auto& entry : entries)
    if (entry.start <= wanted)
      found = &entry;
  return *found;
}
} // namespace

Cursor::Cursor(Time now, const Settings& settings)
    : usual_delay_(settings.live_delay), live_delay_(settings.live_delay),
      start_offset_(settings.start_offset), paced_(settings.pace == Pace::stream),
      skips_(settings.late == Late::skip), traces_(settings.traces),
      pacer_(now, settings.lead, settings.reserve), gives_whole_(settings.whole_segments),
      stands_by_(settings.stands_by) {
  together_ = std::clamp<Duration>(pacer_.lead() / 8, 1ns, usually_together);
  beyond_ = std::max<Duration>(settings.together.value_or(0ns) - together_, 0ns);
  auto groups = static_cast<std::size_t>((together_ + beyond_) / usually_together);
  most_outstanding_ = std::max<std::size_t>(groups, 1) * least_outstanding;
  most_outstanding_media_ =
      std::max(least_outstanding_media, 2 * (together_ + beyond_) + usually_together);
}

const TimelineEntry* Cursor::choose(Position wanted, const Timeline& timeline) const {
  const TimelineEntry* chosen = nullptr;
  for (const auto& entry : timeline.entries())
    if (!chosen || entry.start <= wanted)
      chosen = &entry;
  // `chosen` begins before `wanted`; the next one is nearer to it, and less late.
  if (chosen && chosen->start < wanted)
    if (auto* later = timeline.after(chosen->segment.sn))
      return later;
  return chosen;
}

void Cursor::start(Time now, const Timeline& timeline, std::optional<Duration> offered) {
  if (place_ || timeline.entries().empty())
    return;
  if (stands_by_)
    return stand_at_start(timeline);
  auto wanted =
      timeline.live(now) + startup_allowance - live_delay_ - timeline.target_duration() / 4;
  const auto* first = choose(wanted, timeline);
  if (auto offset = start_offset_ ? start_offset_ : offered) {
    const auto& there = entry_at(*offset, timeline);
    if (start_offset_ || there.start < first->start) {
      first = &there;
      live_delay_ = timeline.live(now) + startup_allowance - there.start;
    }
  }
  begin_with(now, *first, timeline);
}

/// A stream that has just begun, or begun again, lists less than the live delay: it is let grow
/// first. Played at the edge it would run dry at the end of every segment.
void Cursor::begin_with(Time now, const TimelineEntry& entry, const Timeline& timeline) {
  place_ = Place{entry.segment.sn};
  auto least = live_delay_ - timeline.target_duration(); // what start() finds otherwise
  auto delay = timeline.live(now) - entry.start + pacer_.downstream(now);
  // The delay grows only when what is downstream has been played.
  begin_at_ = delay < least ? now + pacer_.downstream(now) + (least - delay) : now;
}

Position Cursor::position(const Timeline& timeline, const Store& store) const {
  if (!place_)
    return {};
  if (auto* entry = timeline.find(place_->sn))
    return entry->start + media_before(*entry, store.find(place_->sn), place_->chunk);
  return timeline.entries().empty() ? Position{} : timeline.entries().back().end();
}

std::optional<Time> Cursor::next_due(Time now) const {
  if (!place_ || stands_by_ || blocked() || !paced_ || (pacer_.overdue() && now >= begin_at_))
    return {};
  if (pacer_.open() && now >= begin_at_)
    return pacer_.due(now, 1ns);
  return std::max(begin_at_, pacer_.opens(now, together_));
}

bool Cursor::replaced(const Store& store) const {
  if (place_->chunk == 0)
    return false;
  // Of a segment that is begun the size is known: where it is not, this is another one.
  const auto* segment = store.find(place_->sn);
  return !segment || !segment->size() || place_->version != segment->name().version;
}

bool Cursor::behind_last_chunk(const Store& store) const {
  const auto* segment = store.find(place_->sn);
  return segment && segment->size() && place_->chunk >= segment->slots().size();
}

void Cursor::settle(const Timeline& timeline, const Store& store) {
  // Past the last chunk of a segment stands the next segment, as soon as it is listed. Of a segment
  // that turned out to be another version in the middle, nothing more is handed out.
  bool gone = replaced(store);
  if (!gone && !behind_last_chunk(store))
    return;
  if (auto* next = timeline.after(place_->sn)) {
    bool breaks = gone || next->after_break;
    broken_ |= breaks;
    new_line_ |= breaks;
    place_ = Place{next->segment.sn};
  }
}

bool Cursor::catch_up(Time now, const Timeline& timeline, const Store& store) {
  if (!place_ || !skips_ || !paced_ || stands_by_ || end_) // whoever takes over will do it
    return false;
  // In the middle of a segment it takes more: the rest of one that has begun is better than a jump.
  // A jump that nothing has come out of yet goes as far as it should.
  auto patience = place_->chunk > 0 ? 2 : skipped_ > 0ns ? 0 : 1;
  auto bound = live_delay_ + patience * timeline.target_duration();
  if (delay(now, timeline, store) <= bound)
    return false;
  auto* here = timeline.find(place_->sn);
  auto downstream = pacer_.downstream(now);
  auto wanted = timeline.live(now) + downstream - live_delay_ - timeline.target_duration() / 4;
  auto* there = choose(wanted, timeline);
  if (!here || !there)
    return false;
  bool further = there->start > here->start;
  // Queues that took in more than live-delay want what is not listed yet. As long as they last it
  // is waited for, or a second jump would have to follow.
  bool unlisted = wanted > timeline.entries().back().start;
  if (unlisted && downstream > pacer_.lead() && (further || skipped_ > 0ns))
    begin_at_ = now + std::min(look_again_after, downstream - pacer_.lead());
  if (!further)
    return false;
  skipped_ += there->start - here->start;
  broken_ = true;
  // A jump stays on the line of time, unless a break lies within it.
  for (auto* passed = here; passed != there;) {
    passed = timeline.after(passed->segment.sn);
    new_line_ |= passed->after_break;
  }
  place_ = Place{there->segment.sn};
  return true;
}

/// A sink that is faster than the encoder has eaten the window: what it is to play now is not
/// listed, or was only just, though the playlist is not late. One break to have the delay again
/// with which it began, instead of one in every segment for ever.
void Cursor::hold_back(Time now, const Timeline& timeline, const Store& store) {
  bool begins = broken_ && place_->chunk == 0; // there was no window yet
  if (!paced_ || begins || !pacer_.overdue() || timeline.ended() || place_->sn != timeline.newest())
    return;
  const auto* segment = store.find(place_->sn);
  auto chunks = segment && segment->size() ? segment->slots().size() : 0;
  bool here = place_->chunk < chunks && segment->slots()[place_->chunk].data;
  bool within = place_->chunk > 0 && place_->chunk < chunks;
  auto target = timeline.target_duration();
  auto wait = begun_with_ - delay(now, timeline, store);
  if (here || within || now - timeline.entries().back().listed_at >= target || wait < target / 2)
    return;
  broken_ = new_line_ = held_ = true;
  begin_at_ = now + pacer_.downstream(now) + wait; // grows when what is downstream has been played
}

/// Who takes what it is given is never late or early for long: no jump for an encoder whose clock
/// is not ours.
void Cursor::follow_encoder(Time now, const Timeline& timeline, const Store& store) {
  if (!place_ || pacer_.has_clock())
    return;
  auto late_by = delay(now, timeline, store) - live_delay_;
  auto target = timeline.target_duration();
  pacer_.lean(late_by > target / 2 ? follows_by : late_by < -target ? -follows_by : 0);
}

/// The init section that goes out before the next bytes; null: they need none, or have it in the
/// version that is known.
const StoredSegment* Cursor::init_due(const TimelineEntry& entry, const Store& store) const {
  const auto& init = entry.segment.init;
  const auto* section = place_->chunk == 0 && init ? store.find(*init) : nullptr;
  bool given = section && given_init_ && given_init_->sn == *init &&
               (!section->size() || section->name() == *given_init_);
  return given ? nullptr : section;
}

/// The chunk at the place, and what has to go out before it.
bool Cursor::is_here(const TimelineEntry& entry, const Store& store) const {
  const auto* segment = store.find(place_->sn);
  if (!segment || !segment->size() || place_->chunk >= segment->slots().size() ||
      !segment->slots()[place_->chunk].data)
    return false;
  if (gives_whole_ && begun_ && place_->chunk == 0 && !segment->whole())
    return false;
  bool lost = place_->chunk == 0 && entry.segment.init && !store.find(*entry.segment.init);
  const auto* init = init_due(entry, store);
  return !lost && (!init || init->whole());
}

/// By when the next bytes have to go out. That they are late is all that the pacer knows then: it
/// stays what it was. The first ones are not, for nothing plays, nor is what nobody takes.
void Cursor::follow_due(Time now) {
  bool late = begun_ && !blocked() && pacer_.overdue();
  due_at_ = std::max(late ? due_at_ : pacer_.due(now, 0ns), begin_at_);
}

Deliver Cursor::next_bytes(const TimelineEntry& entry, const Store& store) {
  Deliver deliver;
  deliver.sn = place_->sn;
  deliver.segment_duration = entry.segment.duration;
  deliver.program_date_time = entry.segment.program_date_time;
  const auto* init = init_due(entry, store);
  const auto& object = init ? *init : *store.find(place_->sn);
  auto version = object.name().version;
  if (init && place_->init_version != version) // of two versions nothing is put together
    place_->init_chunk = 0;
  auto& chunk = init ? place_->init_chunk : place_->chunk;
  if (init)
    deliver.init = object.sn();
  deliver.chunk = object.slots()[chunk].data;
  deliver.size = object.length(chunk);
  deliver.offset = std::uint64_t{chunk} * chunk_size;
  deliver.segment_size = *object.size();
  if (const auto* life = object.life(chunk)) {
    auto due_at = paced_ ? std::optional(due_at_) : std::nullopt;
    deliver.life = std::make_shared<const ChunkLife>(
        ChunkLife{life->from, life->asked_at, life->got_at, due_at});
  }
  ++chunk;
  (init ? place_->init_version : place_->version) = version;
  if (init && chunk == object.slots().size())
    given_init_ = object.name();
  if (!init)
    deliver.duration =
        media_before(entry, &object, chunk) - media_before(entry, &object, chunk - 1);
  if (!init && !entry.segment.init)
    given_init_.reset();
  return deliver;
}

/// Time for the next bytes, which go out beyond the lead as well where they are of one group.
bool Cursor::is_open(Time now) {
  goes_on_ = pacer_.open() || (goes_on_ && !pacer_.overdrawn(beyond_));
  return goes_on_ && now >= begin_at_;
}

std::optional<Deliver> Cursor::take(Time now, const Timeline& timeline, const Store& store) {
  if (traces_)
    follow_due(now);
  if (!place_ || stands_by_ || blocked() || (paced_ && !is_open(now)))
    return {};
  held_ = false;
  settle(timeline, store);
  if (!timeline.find(place_->sn))
    break_off(now, timeline);
  if (at_seam(store))
    return {};
  // How late a paused player will be is known when it resumes: until then its queues take in what
  // continues the last bytes, or one jump would follow another.
  if (skipped_ > 0ns || !pacer_.paused())
    catch_up(now, timeline, store);
  hold_back(now, timeline, store);
  auto* entry = timeline.find(place_->sn);
  if (now < begin_at_ || !entry || !is_here(*entry, store))
    return {};
  auto version = store.find(place_->sn)->name().version;
  if (place_->chunk > 0 && place_->version != version)
    return {};
  bool begins = place_->chunk == 0;
  if (begins && broken_) {
    pacer_.begin_anew(now);
    begun_with_ = delay(now, timeline, store);
  }
  auto deliver = next_bytes(*entry, store);
  if (begins) {
    deliver.discontinuity = std::exchange(broken_, false);
    deliver.new_line = std::exchange(new_line_, false);
    deliver.skipped = std::exchange(skipped_, 0ns);
  }
  if (outstanding_ == 0)
    progress_at_ = now;
  untaken_.push_back({deliver.size, deliver.duration});
  outstanding_ += deliver.size;
  outstanding_media_ += deliver.duration;
  pacer_.spend(deliver.duration);
  begun_ = true;
  due_at_ += deliver.duration;
  settle(timeline, store);
  return deliver;
}

bool Cursor::starving(Time now, const Timeline& timeline, const Store& store) const {
  if (held_)
    return true;
  if (!place_ || blocked() || (paced_ && (!pacer_.overdue() || now < begin_at_)) ||
      at_end(timeline, store) || stands_by_ || at_seam(store))
    return false;
  const auto* entry = timeline.find(place_->sn);
  return !entry || !is_here(*entry, store);
}

bool Cursor::at_end(const Timeline& timeline, const Store& store) const {
  if (!place_ || !timeline.ended() || place_->sn != timeline.newest())
    return false;
  return replaced(store) || behind_last_chunk(store);
}

void Cursor::taken(Time now, std::size_t bytes, std::optional<Duration> clock) {
  if (traces_ && blocked())
    follow_due(now);
  bytes = std::min(bytes, outstanding_);
  if (bytes > 0)
    progress_at_ = now;
  outstanding_ -= bytes;
  while (!untaken_.empty() && bytes >= untaken_.front().bytes) {
    bytes -= untaken_.front().bytes;
    outstanding_media_ -= untaken_.front().media;
    untaken_.erase(untaken_.begin());
  }
  if (bytes > 0)
    untaken_.front().bytes -= bytes; // its time counts until all of it is taken
  if (clock)
    pacer_.clock_advanced(now, *clock);
  else
    pacer_.clock_stands(now);
}

void Cursor::advance(Time now, const Timeline& timeline, const Store& store) {
  follow_encoder(now, timeline, store);
  pacer_.advance(now, blocked() || !place_);
  // While the application is paused the place goes on with the stream: other viewers are still
  // served, and a resume finds the window filled. But not before its queues are full.
  if (blocked() && (!pacer_.paused() || now - progress_at_ >= full_after))
    catch_up(now, timeline, store);
}

bool Cursor::blocked() const {
  return outstanding_ >= most_outstanding_ || outstanding_media_ >= most_outstanding_media_;
}

bool Cursor::paused(Time now) const {
  return blocked() && now - progress_at_ >= full_after + outstanding_media_;
}

void Cursor::break_off(Time now, const Timeline& timeline) {
  if (!place_ || timeline.entries().empty())
    return;
  broken_ = new_line_ = true;
  end_.reset();        // of other numbers
  given_init_.reset(); // an encoder that begins again may write another under the same name
  live_delay_ = std::min(live_delay_, usual_delay_);
  auto wanted =
      timeline.live(now) + pacer_.downstream(now) - live_delay_ - timeline.target_duration() / 4;
  begin_with(now, *choose(wanted, timeline), timeline);
}

/// Behind the segment before it, as if nothing had followed.
void Cursor::step_back(SequenceNumber gone, const Timeline& timeline, const Store& store) {
  if (!place_ || place_->sn != gone || timeline.entries().empty())
    return;
  broken_ |= place_->chunk > 0;
  new_line_ |= place_->chunk > 0;
  if (timeline.find(gone)) { // in its place stands what the playlist shows
    place_ = Place{gone};
    return;
  }
  auto last = *timeline.newest();
  const auto* segment = store.find(last);
  // What is not known of that any more has been replaced.
  place_ = Place{last, 1, {}};
  if (segment && segment->size())
    place_ =
        Place{last, static_cast<std::uint32_t>(segment->slots().size()), segment->name().version};
}

void Cursor::skip_segment(const Timeline& timeline) {
  auto* next = place_ ? timeline.after(place_->sn) : nullptr;
  if (!next)
    return;
  broken_ = new_line_ = true;
  place_ = Place{next->segment.sn};
}

const StoredSegment* Cursor::lacks_init(const Timeline& timeline, const Store& store) const {
  const auto* entry = place_ ? timeline.find(place_->sn) : nullptr;
  const auto* init = entry ? init_due(*entry, store) : nullptr;
  return init && !init->whole() ? init : nullptr;
}

bool Cursor::skip_init(Time now, const Timeline& timeline) {
  const auto* here = timeline.find(place_->sn);
  const auto* next = here;
  while (next && next->segment.init == here->segment.init)
    next = timeline.after(next->segment.sn);
  if (!next)
    return false;
  broken_ = new_line_ = true;
  begin_with(now, *next, timeline);
  return true;
}

Duration Cursor::playable(const Timeline& timeline, const Store& store) const {
  if (!place_)
    return 0ns;
  auto begin = position(timeline, store);
  auto end = begin;
  auto chunk = place_->chunk;
  if (const auto* entry = timeline.find(place_->sn))
    if (const auto* init = init_due(*entry, store); init && !init->whole())
      return 0ns;
  for (auto* entry = timeline.find(place_->sn); entry; entry = timeline.after(entry->segment.sn)) {
    auto* segment = store.find(entry->segment.sn);
    if (!segment || !segment->size() || (end_ && entry->segment.sn >= *end_))
      break;
    while (chunk < segment->slots().size() && segment->slots()[chunk].data)
      ++chunk;
    end = entry->start + media_before(*entry, segment, chunk);
    if (chunk < segment->slots().size())
      break;
    chunk = 0;
  }
  return end - begin;
}

Duration Cursor::delay(Time now, const Timeline& timeline, const Store& store) const {
  if (!place_)
    return 0ns;
  return timeline.live(now) - position(timeline, store) + pacer_.downstream(now);
}

} // namespace p2plive::core
