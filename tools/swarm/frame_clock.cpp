// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/frame_clock.h"

namespace p2plive::bench {

namespace {

constexpr std::size_t packet_size = 188;
constexpr std::size_t remembered = 64; // segments; far more than lie between source and sink
constexpr auto tolerance = std::chrono::milliseconds(10);

/// From a to b on a 33-bit 90 kHz clock, the short way round.
std::chrono::nanoseconds difference(std::uint64_t from, std::uint64_t to) {
  constexpr std::uint64_t wrap = 1ull << 33;
  auto ticks = static_cast<std::int64_t>((to - from) & (wrap - 1));
  if (ticks >= static_cast<std::int64_t>(wrap / 2))
    ticks -= static_cast<std::int64_t>(wrap);
  return std::chrono::nanoseconds(ticks * 100'000 / 9);
}

std::optional<std::uint64_t> video_pts_of_packet(const std::uint8_t* packet) {
  bool starts = packet[1] & 0x40, has_payload = packet[3] & 0x10, has_adaptation = packet[3] & 0x20;
  if (packet[0] != 0x47 || !starts || !has_payload)
    return std::nullopt;
  std::size_t at = has_adaptation ? 5u + packet[4] : 4u;
  if (at + 14 > packet_size)
    return std::nullopt;
  const auto* pes = packet + at;
  bool is_video = pes[0] == 0 && pes[1] == 0 && pes[2] == 1 && (pes[3] & 0xf0) == 0xe0;
  if (!is_video || !(pes[7] & 0x80))
    return std::nullopt;
  return (static_cast<std::uint64_t>(pes[9] & 0x0e) << 29) | (pes[10] << 22) |
         ((pes[11] & 0xfe) << 14) | (pes[12] << 7) | (pes[13] >> 1);
}

} // namespace

std::optional<std::uint64_t> first_video_pts(const std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 0; at + packet_size <= size; at += packet_size)
    if (auto pts = video_pts_of_packet(data + at))
      return pts;
  return std::nullopt;
}

void FrameClock::segment(MediaSequence sn, std::optional<UnixTime> start, bool discontinuity) {
  std::lock_guard lock(mutex_);
  if (discontinuity)
    tied_ = false;
  pending_ = Entry{sn, start, {}};
  pending_pts_.reset();
}

void FrameClock::bytes(const std::uint8_t* data, std::size_t size) {
  std::lock_guard lock(mutex_);
  if (!pending_ || pending_pts_)
    return;
  pending_pts_ = first_video_pts(data, size);
  if (pending_pts_ && tied_)
    place();
}

void FrameClock::demuxed(std::chrono::nanoseconds pts, bool discontinuity) {
  std::lock_guard lock(mutex_);
  if (tied_ || !pending_ || !pending_pts_)
    return;
  // At a discontinuity the demuxer first drains what it holds of before.
  if (ever_tied_ && !discontinuity)
    return;
  anchor_pts_ = *pending_pts_;
  anchor_time_ = pts;
  tied_ = ever_tied_ = true;
  place();
}

void FrameClock::place() {
  pending_->first = anchor_time_ + difference(anchor_pts_, *pending_pts_);
  // The anchor moves along, so that the 33 bits never wrap between the two.
  anchor_time_ = pending_->first;
  anchor_pts_ = *pending_pts_;
  entries_.push_back(*pending_);
  pending_.reset();
  if (entries_.size() > remembered)
    entries_.pop_front();
}

std::optional<FrameClock::Position> FrameClock::shown(std::chrono::nanoseconds pts) const {
  std::lock_guard lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (entry->first <= pts + tolerance)
      return Position{entry->sn, pts - entry->first, entry->start};
  return std::nullopt;
}

} // namespace p2plive::bench
