// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/fetches.h"

#include <algorithm>
#include <vector>

namespace p2plive::core {

namespace {

constexpr Duration lately = 2s;
constexpr double far_slower = 0.25;

/// Bytes a second since it was asked for.
double rate(const Transfer& transfer, Time now) {
  auto begin = std::uint64_t{transfer.first} * chunk_size;
  auto bytes = static_cast<double>(std::max(transfer.offset, begin) - begin);
  return bytes / std::max(seconds(now - transfer.started), 1e-3);
}

} // namespace

Transfer& Fetches::start(Time now, SequenceNumber sn, std::uint32_t first, std::uint32_t last) {
  auto id = FetchId{next_id_++};
  Transfer transfer{id, sn, first, last, now};
  return transfers_.emplace(id, std::move(transfer)).first->second;
}

Transfer* Fetches::find(FetchId id) {
  auto found = transfers_.find(id);
  return found != transfers_.end() ? &found->second : nullptr;
}

void Fetches::answered(Transfer& transfer, const FetchHead& head) {
  transfer.offset = head.first;
  transfer.size = head.size;
  transfer.building = {};
  auto asked_until = (std::uint64_t{transfer.last} + 1) * chunk_size;
  bool more_than_asked = head.whole && (!head.size || *head.size > asked_until);
  if (more_than_asked || (head.first == 0 && transfer.first > 0))
    is_whole(transfer);
}

void Fetches::is_whole(Transfer& transfer) {
  whole_only_ = true;
  transfer.first = 0;
  transfer.last = chunk_count(max_segment_size) - 1;
}

bool Fetches::any_of(SequenceNumber sn) const {
  return std::any_of(transfers_.begin(), transfers_.end(),
                     [&](const auto& entry) { return entry.second.sn == sn; });
}

bool Fetches::complete(const Transfer& transfer) {
  auto end = (std::uint64_t{transfer.last} + 1) * chunk_size;
  return transfer.size && transfer.lost == 0 && transfer.offset >= std::min(end, *transfer.size);
}

std::size_t Fetches::received(Time now, Transfer& transfer, std::span<const std::uint8_t> bytes,
                              const Allocate& allocate, const Whole& whole) {
  std::size_t lost = 0;
  while (!bytes.empty()) {
    if (!transfer.size || transfer.offset >= *transfer.size) {
      lost += bytes.size();
      break;
    }
    if (transfer.offset >= (std::uint64_t{transfer.last} + 1) * chunk_size)
      is_whole(transfer);
    auto chunk = static_cast<std::uint32_t>(transfer.offset / chunk_size);
    auto within = static_cast<std::size_t>(transfer.offset % chunk_size);
    auto length = std::min<std::uint64_t>(chunk_size, *transfer.size - transfer.offset + within);
    auto step = std::min<std::size_t>(bytes.size(), length - within);
    if (within == 0)
      transfer.building = allocate();
    if (transfer.building) {
      transfer.building.write(within, bytes.first(step));
      if (within + step == length) {
        transfer.first_whole = transfer.first_whole.value_or(now);
        whole(transfer, chunk, std::move(transfer.building));
      }
    } else {
      lost += step;
    }
    transfer.offset += step;
    bytes = bytes.subspan(step);
  }
  transfer.lost += lost;
  return lost;
}

bool Fetches::covers(SequenceNumber sn, std::uint32_t chunk) const {
  return covering(sn, chunk) != nullptr;
}

const Transfer* Fetches::covering(SequenceNumber sn, std::uint32_t chunk) const {
  auto found = std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& entry) {
    const auto& transfer = entry.second;
    auto next =
        transfer.size ? static_cast<std::uint32_t>(transfer.offset / chunk_size) : transfer.first;
    return transfer.sn == sn && chunk >= std::max(transfer.first, next) && chunk <= transfer.last;
  });
  return found != transfers_.end() ? &found->second : nullptr;
}

const Transfer* Fetches::laggard(Time now, SequenceNumber sn, std::uint32_t chunk,
                                 Duration patience) const {
  const auto* transfer = covering(sn, chunk);
  // What was asked for in parts would come whole again, from the start.
  if (!transfer || whole_only_ || now < transfer->started + patience ||
      now > fastest_at_ + lately || rate(*transfer, now) >= far_slower * fastest_)
    return nullptr;
  return transfer;
}

void Fetches::finished(Time now, FetchId id, Duration media) {
  auto* transfer = find(id);
  if (!transfer)
    return;
  auto took = now - transfer->started;
  auto first = transfer->first_whole.value_or(now) - transfer->started;
  // Of a whole segment the last chunk may be the one that was wanted.
  recent_[measured_++ % recent_.size()] = whole_only_ ? took : std::max(first, took - media);
  measure();
  if (auto speed = rate(*transfer, now); speed >= fastest_ || now > fastest_at_ + lately) {
    fastest_ = speed;
    fastest_at_ = now;
  }
  transfers_.erase(id);
}

void Fetches::failed(FetchId id) {
  transfers_.erase(id);
}

void Fetches::measure() {
  auto count = std::min(measured_, recent_.size());
  auto sorted = recent_;
  auto place = sorted.begin() + static_cast<std::ptrdiff_t>((count * 95 + 99) / 100 - 1);
  std::nth_element(sorted.begin(), place, sorted.begin() + static_cast<std::ptrdiff_t>(count));
  p95_ = *place;
}

} // namespace p2plive::core
