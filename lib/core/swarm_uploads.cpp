// The part of a swarm that gives others what they ask for. Who comes first is in uploader.h.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/push.h"
#include "core/swarm_impl.h"

#include <algorithm>
#include <bit>

namespace p2plive::core {

/// Uplinks beyond this are all the same.
static constexpr double most_kilobits = 1e8;

void Swarm::Impl::on(Neighbour& from, const RequestMessage& message) {
  if (from.forget_pushed(message.chunk))
    return; // it has crossed the piece
  auto* slot = slot_of(message.chunk);
  if (!slot || !slot->data || !uploader.allowed()) {
    send(from.id(), BusyMessage{message.chunk, 0ms, true});
    return;
  }
  Duration retry_after{};
  uploader.set_bitrate(store.bitrate());
  auto bytes = store.find(message.chunk.object)->length(number(message.chunk.chunk));
  auto verdict = uploader.request(now, from, message, bytes, retry_after);
  pass_due_ |= verdict == Uploader::Verdict::queued;
  refuse_late();
  if (verdict == Uploader::Verdict::busy)
    send(from.id(), BusyMessage{message.chunk,
                                std::chrono::ceil<std::chrono::milliseconds>(retry_after), false});
}

void Swarm::Impl::on(Neighbour& from, const CancelMessage& message) {
  uploader.cancel(from.id(), message.chunk);
  if (from.forget_pushed(message.chunk)) // of which it could make no use
    from.to_push.rest_until(now + push_pause);
}

void Swarm::Impl::note_holding(const Neighbour& neighbour) {
  if (neighbour.buffered() > 0 && std::ranges::find(holding_, &neighbour) == holding_.end())
    holding_.push_back(&neighbour);
}

void Swarm::Impl::connection_holds(Time at, Neighbour& neighbour, std::size_t bytes) {
  now = std::max(now, at);
  bool less = bytes < neighbour.buffered();
  auto left = neighbour.holds(now, bytes);
  note_holding(neighbour);
  measure_uplink(left);
  if (less && bytes < send_low_mark)
    serve_uploads();
  wakeup = std::min({wakeup, plan_at_, journal.wakeup(), membership.wakeup()});
}

/// Who waits for what can no longer come in time may ask elsewhere.
void Swarm::Impl::refuse_late() {
  for (const auto& [peer, chunk, asked] : uploader.displaced(now))
    send(peer, BusyMessage{chunk, 100ms, false});
}

void Swarm::Impl::serve_uploads() {
  refuse_late();
  auto given = [this](const ChunkName& chunk) {
    auto* slot = slot_of(chunk);
    return slot ? slot->given : 0;
  };
  while (auto job = uploader.next(now, neighbours, given)) {
    auto* slot = slot_of(job->chunk);
    if (!slot || !slot->data) {
      if (job->asked)
        send(job->to, BusyMessage{job->chunk, 0ms, true});
      continue;
    }
    auto& neighbour = neighbours.at(job->to);
    if (!job->asked && !begin_push(neighbour, job->chunk))
      continue;
    auto size = store.find(job->chunk.object)->length(number(job->chunk.chunk));
    PieceMessage piece{job->chunk, {slot->data.data(), size}, !job->asked};
    actions.emplace_back(Send{job->to, encode(piece), slot->data, size});
    neighbour.given(now, size);
    note_holding(neighbour);
    uploader.sent(size);
    ++slot->given;
    stats_.upload_bytes += size;
  }
  wakeup = std::min(wakeup, uploader.wakeup(now));
}

/// `left` bytes have gone out since the last call.
void Swarm::Impl::measure_uplink(std::size_t left) {
  std::size_t held = 0, moving = 0;
  std::erase_if(holding_, [](const Neighbour* neighbour) { return neighbour->buffered() == 0; });
  for (const auto* neighbour : holding_) {
    held += neighbour->buffered();
    if (!neighbour->stands_still(now, uploader.rate()))
      moving += neighbour->buffered();
  }
  uploader.buffered(now, left, held, moving);
  journal.set_slow(slow());
  // Powers of two, and no swinging between two of them: all viewers are to reckon with the same.
  auto kilobits = std::min(uploader.uplink() / 125, most_kilobits);
  if (kilobits < 1 || (kilobits > told_uplink_ * 0.7 && kilobits < told_uplink_ * 2.2))
    return;
  told_uplink_ = std::bit_floor(static_cast<std::uint32_t>(kilobits));
  journal.uplink_changed(now);
  membership.uplink_changed(now, told_uplink_);
}

/// It uploads less than it takes.
bool Swarm::Impl::slow() const {
  return uploader.uplink() > 0 && uploader.uplink() < store.bitrate();
}

} // namespace p2plive::core
