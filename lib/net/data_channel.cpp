// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/data_channel.h"

#include "net/dcep.h"

#include <algorithm>
#include <utility>

namespace p2plive::net {

DataChannel::DataChannel(SctpTransport& sctp, Events events,
                         std::optional<std::uint16_t> negotiated)
    : sctp_(sctp), events_(std::move(events)), stream_(negotiated),
      negotiated_(negotiated.has_value()) {}

void DataChannel::begin(bool opens, bool dtls_client, std::size_t remote_max_message) {
  opens_ = opens;
  remote_max_message_ = std::min(remote_max_message, SctpTransport::send_buffer);
  if (negotiated_)
    return *stream_ < sctp_.outgoing_streams()
               ? become_open()
               : events_.failed("the other side has too few streams for the agreed channel");
  if (!opens_)
    return;
  stream_ = dtls_client ? 0 : 1;
  queue({Ppid::dcep, write_dcep_open(label)});
  flush();
}

void DataChannel::received(std::uint16_t stream, std::uint32_t ppid,
                           std::span<const std::uint8_t> message) {
  if (ppid == Ppid::dcep)
    return received_dcep(stream, message);
  if (stream != stream_)
    return;
  // Ordered data on the opener's stream says as much as an ACK that is late.
  if (!open_)
    become_open();
  if (ppid == Ppid::empty_binary || ppid == Ppid::empty_string)
    events_.message({});
  else if (ppid == Ppid::binary || ppid == Ppid::string)
    events_.message(message);
}

void DataChannel::received_dcep(std::uint16_t stream, std::span<const std::uint8_t> message) {
  if (is_dcep_ack(message)) {
    if (opens_ && stream == stream_ && !open_)
      become_open();
    return;
  }
  auto open = read_dcep_open(message);
  if (!open || stream == stream_)
    return events_.failed("the other side has sent a malformed DCEP message");
  if (stream_ || !open->reliable_and_ordered || stream >= sctp_.outgoing_streams())
    return sctp_.reset(stream); // one channel is all there is
  stream_ = stream;
  queue({Ppid::dcep, write_dcep_ack()});
  flush();
  become_open();
}

void DataChannel::become_open() {
  open_ = true;
  events_.open();
}

void DataChannel::stream_reset(std::uint16_t stream) {
  if (stream == stream_)
    events_.failed("the other side has closed the data channel");
}

bool DataChannel::send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body) {
  auto size = head.size() + body.size();
  if (!open_ || size > remote_max_message_ || buffered() + size > high_mark)
    return false;
  scratch_.assign(head.begin(), head.end());
  scratch_.insert(scratch_.end(), body.begin(), body.end());
  auto ppid = Ppid::binary;
  if (scratch_.empty()) {
    scratch_.push_back(0);
    ppid = Ppid::empty_binary;
  }
  if (queue_.empty()) {
    auto sent = sctp_.send(*stream_, ppid, scratch_);
    note_waiting();
    if (sent != SctpTransport::Sent::full)
      return sent == SctpTransport::Sent::yes;
  }
  queue({ppid, scratch_});
  note_waiting();
  return true;
}

void DataChannel::queue(Message message) {
  queued_bytes_ += message.bytes.size();
  queue_.push_back(std::move(message));
}

void DataChannel::flush() {
  while (!queue_.empty()) {
    auto& front = queue_.front();
    if (sctp_.send(*stream_, front.ppid, front.bytes) != SctpTransport::Sent::yes)
      break;
    queued_bytes_ -= front.bytes.size();
    queue_.pop_front();
  }
}

void DataChannel::note_waiting() {
  above_low_mark_ = above_low_mark_ || buffered() >= low_mark;
  some_waits_ = some_waits_ || buffered() > 0;
}

void DataChannel::tell_drained() {
  auto waiting = buffered();
  bool fell = above_low_mark_ && waiting < low_mark;
  bool emptied = some_waits_ && waiting == 0;
  if (!fell && !emptied)
    return;
  above_low_mark_ = above_low_mark_ && !fell;
  some_waits_ = !emptied;
  events_.drained(waiting);
}

} // namespace p2plive::net
