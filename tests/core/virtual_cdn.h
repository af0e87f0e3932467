// A live stream and its CDN in virtual time, for tests of a single swarm.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"
#include "core/swarm.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace p2plive::test {

using namespace p2plive::core;

/// Segments of 2 s and 500 000 bytes, `lists` in the window; every fetch takes `latency`; the
/// viewer's playlist is read every `polls`. Delivered bytes are taken at once.
struct VirtualCdn {
  explicit VirtualCdn(Settings settings) : swarm(Time{} + 100s, settings) {}

  static constexpr std::uint64_t size = 500'000;
  static constexpr Duration segment = 2s;
  static constexpr WallTime wall_zero{std::chrono::milliseconds(1'700'000'000'000)};

  Time now = Time{} + 100s;
  Duration latency = 20ms;
  std::uint64_t first_number = 40; ///< of the segment that begins at virtual time 0
  Time began{};                    ///< when the encoder began with first_number
  int encoder_ppm = 0;             ///< parts in a million by which its clock runs fast
  enum class Dates { wall, encoder, none } dates = Dates::wall; ///< whose clock they are of
  bool takes = true; ///< the application takes what is handed out
  bool keeps = true; ///< and `delivered` keeps the memory of what it took
  bool fails = false;
  /// Bytes a second, of answers that begin now, to their end; 0: at once.
  std::uint64_t slow_rate = 0;
  std::uint64_t link_rate = 0; ///< bytes a second that slow answers share; 0: no limit
  std::optional<std::uint64_t> keeps_segments; ///< none: all of them
  bool content = true;    ///< segments have bytes of their own, and not just so many
  Duration step = 5ms;    ///< of time
  Duration polls = 500ms; ///< from one look at the playlist to the next
  std::uint64_t usual = size;
  std::map<std::uint64_t, std::uint64_t> sizes; ///< of segments that are not like the others
  /// Init sections, each by the first segment that it serves.
  std::map<std::uint64_t, SequenceNumber> inits;
  std::set<std::uint64_t> breaks; ///< segments that do not continue those before them
  std::uint64_t lists = 6;
  std::optional<Duration> start_offset; ///< the playlist's
  std::set<std::uint64_t> gaps;         ///< segments that are listed as not to be had
  std::optional<std::uint64_t> ends;    ///< the last segment, if there is one
  std::uint64_t init_size = 900;
  bool keeps_inits = true;
  std::set<SequenceNumber> lost_inits; ///< that are not to be had
  Swarm swarm;
  std::vector<Deliver> delivered;
  std::vector<Time> delivered_at;
  std::vector<Fetch> fetched;
  std::vector<Send> sent;
  std::vector<Action> others;

  std::optional<SequenceNumber> init_of(std::uint64_t sn) const {
    auto after = inits.upper_bound(sn);
    return after == inits.begin() ? std::nullopt : std::optional(std::prev(after)->second);
  }

  std::uint64_t breaks_until(std::uint64_t sn) const {
    return static_cast<std::uint64_t>(std::distance(breaks.begin(), breaks.upper_bound(sn)));
  }

  std::uint64_t size_of(std::uint64_t sn) const {
    if (is_init(SequenceNumber{sn}))
      return init_size;
    auto found = sizes.find(sn);
    return found == sizes.end() ? usual : found->second;
  }

  void run_for(Duration time) {
    for (auto end = now + time; now < end; now += step) {
      if (now >= refresh_at_) {
        refresh_at_ = now + polls;
        refresh();
      }
      answer();
      trickle();
      if (swarm.next_wakeup() <= now)
        swarm.advance(now);
      act();
    }
  }

  /// Transfers that were asked for and are not over.
  std::size_t under_way() const { return under_way_.size() + slow_.size(); }

  /// Media that the encoder has made.
  Duration made() const { return now - began + (now - began) / 1'000'000 * encoder_ppm; }

  static WallTime wall(Time at) {
    return wall_zero + std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
  }

  std::optional<WallTime> date(Duration media) const {
    if (dates == Dates::none)
      return {};
    auto behind = dates == Dates::wall ? media / 1'000'000 * encoder_ppm : 0ns;
    return wall(began + media - behind);
  }

  void refresh() {
    Listing listing{segment, false, {}};
    auto whole = static_cast<std::uint64_t>(made() / segment);
    if (ends && first_number + whole > *ends) {
      whole = *ends + 1 - first_number;
      listing.ended = true;
    }
    listing.start_offset = start_offset;
    for (auto n = whole > lists ? whole - lists : 0; n < whole; ++n)
      listing.segments.push_back({SequenceNumber{first_number + n}, segment,
                                  breaks_until(first_number + n), date(n * segment),
                                  gaps.contains(first_number + n), init_of(first_number + n)});
    swarm.listed(now, wall(now), listing);
    act();
  }

  void answer() {
    for (bool again = true; again;) {
      again = false;
      for (auto entry = under_way_.begin(); entry != under_way_.end(); ++entry)
        if (entry->first <= now) {
          auto fetch = entry->second;
          under_way_.erase(entry);
          serve(fetch);
          act();
          again = true;
          break;
        }
    }
  }

  void serve(const Fetch& fetch) {
    auto whole = size_of(number(fetch.sn));
    auto newest = first_number + static_cast<std::uint64_t>(made() / segment);
    if (fails) {
      swarm.fetch_failed(now, fetch.id, {FetchFailure::server, {}, "503"});
    } else if (is_init(fetch.sn) && (!keeps_inits || lost_inits.contains(fetch.sn))) {
      swarm.fetch_failed(now, fetch.id, {FetchFailure::not_found, {}, "404"});
    } else if (keeps_segments && number(fetch.sn) + *keeps_segments < newest) {
      swarm.fetch_failed(now, fetch.id, {FetchFailure::not_found, {}, "404"});
    } else if (fetch.first >= whole) {
      swarm.fetch_failed(now, fetch.id, {FetchFailure::out_of_range, whole, "416"});
    } else {
      swarm.fetch_answered(now, fetch.id, {fetch.first, whole});
      auto last = std::min(fetch.last, whole - 1);
      if (slow_rate || link_rate)
        slow_.push_back({fetch.id, fetch.sn, fetch.first, last, slow_rate});
      else
        send_bytes(fetch.id, fetch.sn, fetch.first, last);
    }
  }

  void send_bytes(FetchId id, SequenceNumber sn, std::uint64_t first, std::uint64_t last) {
    bytes_.resize(last - first + 1);
    for (std::size_t i = 0; content && i < bytes_.size(); ++i)
      bytes_[i] = byte_at(number(sn), first + i);
    swarm.fetch_data(now, id, bytes_);
    swarm.fetch_done(now, id);
  }

  /// What a step brings of the slow answers.
  void trickle() {
    for (auto& slow : slow_) {
      auto from = slow.first;
      auto rate = link_rate ? link_rate / slow_.size() : slow.rate;
      slow.first += static_cast<std::uint64_t>(static_cast<double>(rate) * seconds(step));
      bytes_.resize(std::min(slow.first, slow.last + 1) - from);
      for (std::size_t i = 0; content && i < bytes_.size(); ++i)
        bytes_[i] = byte_at(number(slow.sn), from + i);
      swarm.fetch_data(now, slow.id, bytes_);
      if (slow.first > slow.last)
        swarm.fetch_done(now, slow.id);
    }
    std::erase_if(slow_, [](const Slow& slow) { return slow.first > slow.last; });
    act();
  }

  static std::uint8_t byte_at(std::uint64_t sn, std::uint64_t offset) {
    return static_cast<std::uint8_t>(sn * 31 + offset % 251 + offset / 65'424);
  }

  void act() {
    for (auto actions = swarm.take_actions(); !actions.empty(); actions = swarm.take_actions())
      for (auto& action : actions)
        if (auto* fetch = std::get_if<Fetch>(&action)) {
          fetched.push_back(*fetch);
          under_way_.emplace(now + latency, *fetch);
        } else if (auto* deliver = std::get_if<Deliver>(&action)) {
          delivered.push_back(*deliver);
          delivered_at.push_back(now);
          if (!keeps)
            delivered.back().chunk = deliver->chunk = {};
          if (takes)
            swarm.taken(now, deliver->size, {});
        } else if (auto* cancel = std::get_if<CancelFetch>(&action)) {
          std::erase_if(slow_, [&](const Slow& slow) { return slow.id == cancel->id; });
          others.push_back(action);
        } else if (auto* send = std::get_if<Send>(&action)) {
          sent.push_back(*send);
        } else {
          others.push_back(action);
        }
  }

  /// What it has said to others of one kind, in order, and to whom.
  template <typename Message>
  std::vector<std::pair<PeerId, Message>> said() const {
    std::vector<std::pair<PeerId, Message>> out;
    std::string reason;
    for (const auto& send : sent) {
      auto bytes = send.header;
      if (send.chunk)
        bytes.insert(bytes.end(), send.chunk.data(), send.chunk.data() + send.size);
      if (auto message = decode(bytes, reason); message)
        if (auto* body = std::get_if<Message>(&*message))
          out.emplace_back(send.to, *body);
    }
    return out;
  }

  /// Every segment handed out is whole, in order, and holds the CDN's bytes.
  bool in_order() const {
    for (std::size_t i = 0; i < delivered.size(); ++i) {
      const auto& d = delivered[i];
      if (i > 0 && d.offset != 0 &&
          (delivered[i - 1].sn != d.sn ||
           delivered[i - 1].offset + delivered[i - 1].size != d.offset))
        return false;
      if (i > 0 && d.offset == 0 && !d.discontinuity &&
          (number(delivered[i - 1].sn) + 1 != number(d.sn) ||
           delivered[i - 1].offset + delivered[i - 1].size != delivered[i - 1].segment_size))
        return false;
      for (std::size_t b = 0; b < d.size; b += 97)
        if (d.chunk.data()[b] != byte_at(number(d.sn), d.offset + b))
          return false;
    }
    return true;
  }

private:
  struct Slow {
    FetchId id;
    SequenceNumber sn;
    std::uint64_t first, last, rate;
  };

  Time refresh_at_{};
  std::vector<Slow> slow_;
  std::multimap<Time, Fetch> under_way_;
  std::vector<std::uint8_t> bytes_;
};

} // namespace p2plive::test
