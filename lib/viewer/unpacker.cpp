// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/unpacker.h"

#include "media/container.h"
#include "media/packed_audio_probe.h"
#include "viewer/now.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

std::optional<Format> format_of(media::AudioCodec codec) {
  switch (codec) {
  case media::AudioCodec::aac:
    return Format::aac;
  case media::AudioCodec::mpeg_layer_1:
  case media::AudioCodec::mpeg_layer_2:
  case media::AudioCodec::mp3:
    return Format::mp3;
  case media::AudioCodec::ac3:
    return Format::ac3;
  case media::AudioCodec::eac3:
    return Format::eac3;
  case media::AudioCodec::unknown:
    break;
  }
  return {};
}

/// Null where it is not traced.
std::shared_ptr<const ChunkLife> public_life(const std::shared_ptr<const core::ChunkLife>& life) {
  if (!life)
    return {};
  ChunkLife out{
      life->from ? life->from->to_hex() : "", steady(life->asked_at), steady(life->got_at), {}};
  if (life->due_at)
    out.due_at = steady(*life->due_at);
  return std::make_shared<const ChunkLife>(std::move(out));
}

Error unknown_format(std::span<const std::uint8_t> bytes, bool encrypted) {
  if (media::sniff_container(bytes) == media::Container::html)
    return {Error::Kind::format, "The server sends web pages where the playlist promises media.",
            "the first segment is HTML"};
  if (encrypted)
    return {Error::Kind::format,
            "The stream cannot be decrypted with the key that its server gives.",
            "the first segment is no media when it is decrypted"};
  return {Error::Kind::format,
          "The stream's segments are neither MPEG-TS, nor fragmented MP4, nor packed audio. Choose "
          "a variant of it that is.",
          "the first segment is of no known format"};
}

} // namespace

// What is decrypted is held by the application alone: it bounds that itself.
Unpacker::Unpacker() : pool_(std::numeric_limits<std::size_t>::max()) {}

void Unpacker::put(Delivery delivery) {
  if (failed_)
    return;
  const auto& deliver = delivery.bytes;
  if (deliver.offset == 0)
    begin(delivery);
  for (auto& piece : clear(delivery)) {
    if (deliver.init) {
      init_.push_back(std::move(piece));
      continue;
    }
    if (std::exchange(begins_, false) && !begin_segment(piece, deliver))
      return;
    hand_out(std::move(piece), deliver);
  }
}

/// A demuxer that has been promised media data takes what comes next for it, also behind a break
/// (qtdemux of GStreamer 1.22 does): when a segment is left in the midst of them, as many bytes
/// follow as are still to come.
void Unpacker::complete_media() {
  static constexpr std::array<std::uint8_t, core::chunk_size> nothing{};
  auto lacking = std::exchange(box_, {}).media_lacking();
  if (passed_ + lacking > segment_size_)
    return; // more than the segment ever had
  while (lacking > 0) {
    Buffer buffer;
    buffer.format = Format::fmp4;
    buffer.media_sequence = media_sequence_;
    buffer.size = static_cast<std::size_t>(std::min<std::uint64_t>(lacking, nothing.size()));
    buffer.offset = std::exchange(offset_, offset_ + buffer.size);
    buffer.data = nothing.data();
    lacking -= buffer.size;
    ready_.push_back(std::move(buffer));
  }
}

void Unpacker::begin(const Delivery& delivery) {
  complete_media();
  const auto& deliver = delivery.bytes;
  offset_ = passed_ = tags_ = 0;
  told_ = {};
  cipher_.reset();
  if (delivery.secret)
    cipher_.emplace(*delivery.secret, pool_);
  if (deliver.init)
    init_.clear();
  begins_ = !deliver.init;
  discontinuity_ |= deliver.discontinuity;
  new_line_ |= deliver.new_line;
  if (delivery.quality)
    quality_ = delivery.quality;
  skipped_ += deliver.skipped;
}

std::vector<Unpacker::Piece> Unpacker::clear(Delivery& delivery) {
  auto& deliver = delivery.bytes;
  std::vector<Piece> pieces;
  auto life = public_life(deliver.life);
  if (!cipher_) {
    pieces.push_back({std::move(deliver.chunk), 0, deliver.size, std::move(life)});
    return pieces;
  }
  bool last = deliver.offset + deliver.size == deliver.segment_size;
  for (auto& plain : cipher_->decrypt({deliver.chunk.data(), deliver.size}, last))
    pieces.push_back({std::move(plain.data), 0, plain.size, life});
  return pieces;
}

Unpacker::Recognized Unpacker::recognize(std::span<const std::uint8_t> first_bytes) {
  switch (media::sniff_container(first_bytes)) {
  case media::Container::mpeg_ts:
    return {Format::mpeg_ts};
  case media::Container::iso_bmff:
    return {Format::fmp4};
  case media::Container::packed_audio: {
    auto audio = media::probe_packed_audio(first_bytes);
    return {format_of(audio.codec), audio.tags_size};
  }
  default:
    return {};
  }
}

/// All of it: what makes it large stands before the tracks.
void Unpacker::read_init() {
  if (init_.size() == 1)
    return clock_.init(init_.front().bytes());
  std::vector<std::uint8_t> whole;
  for (const auto& piece : init_)
    if (whole.size() < media::fmp4_probe_size)
      whole.insert(whole.end(), piece.bytes().begin(), piece.bytes().end());
  if (!whole.empty())
    clock_.init(whole);
}

bool Unpacker::begin_segment(const Piece& first, const core::Deliver& deliver) {
  // Bytes of a broken segment may look like anything: a demuxer makes the best of them. Where the
  // stream may have changed they tell.
  auto found = recognize(first.bytes());
  if (found.format && (!format_ || discontinuity_ || !init_.empty()))
    format_ = found.format;
  if (found.format == format_)
    tags_ = found.tags;
  read_init();
  if (!format_) {
    fail(unknown_format(first.bytes(), cipher_.has_value()));
    return false;
  }
  if (std::exchange(new_line_, false))
    clock_.restart();
  timestamp_ = clock_.begin(first.bytes());
  std::uint64_t offset = 0;
  for (auto& piece : std::exchange(init_, {})) {
    Buffer buffer;
    buffer.init_section = true;
    buffer.format = *format_;
    buffer.media_sequence = core::number(deliver.sn);
    buffer.offset = std::exchange(offset, offset + piece.size);
    buffer.data = piece.data.data();
    buffer.size = piece.size;
    if (buffer.offset == 0) {
      buffer.timestamp = timestamp_;
      buffer.discontinuity = std::exchange(discontinuity_, false);
      buffer.skipped = std::exchange(skipped_, 0ns);
      buffer.quality = std::exchange(quality_, nullptr);
    }
    buffer.life = std::move(piece.life);
    buffer.memory = std::make_shared<core::ChunkRef>(std::move(piece.data));
    ready_.push_back(std::move(buffer));
  }
  return true;
}

/// The media time from the last buffer on to the end of the next bytes, pro rata of EXTINF.
std::chrono::nanoseconds Unpacker::pass(std::size_t bytes, const core::Deliver& deliver) {
  passed_ += bytes;
  auto share = static_cast<double>(passed_) / static_cast<double>(deliver.segment_size);
  auto until = std::chrono::duration_cast<std::chrono::nanoseconds>(deliver.segment_duration *
                                                                    std::min(1.0, share));
  return until - std::exchange(told_, until);
}

void Unpacker::hand_out(Piece piece, const core::Deliver& deliver) {
  auto tags = std::min<std::uint64_t>(tags_, piece.size);
  tags_ -= tags;
  if (tags == piece.size) {
    passed_ += tags; // the next buffer has its share of time
    return;
  }
  Buffer buffer;
  buffer.duration = pass(piece.size, deliver);
  if (format_ == Format::fmp4)
    box_.pass(piece.bytes());
  media_sequence_ = core::number(deliver.sn);
  segment_size_ = deliver.segment_size;
  piece.skip += tags;
  piece.size -= tags;
  buffer.format = *format_;
  buffer.media_sequence = core::number(deliver.sn);
  buffer.offset = std::exchange(offset_, offset_ + piece.size);
  buffer.data = piece.data.data() + piece.skip;
  buffer.size = piece.size;
  if (buffer.offset == 0) {
    buffer.timestamp = timestamp_;
    buffer.program_date_time = deliver.program_date_time;
    buffer.discontinuity = std::exchange(discontinuity_, false);
    buffer.skipped = std::exchange(skipped_, 0ns);
    buffer.quality = std::exchange(quality_, nullptr);
  }
  buffer.life = std::move(piece.life);
  buffer.memory = std::make_shared<core::ChunkRef>(std::move(piece.data));
  ready_.push_back(std::move(buffer));
}

void Unpacker::fail(Error error) {
  failed_ = true;
  ready_.push_back(std::move(error));
}

std::optional<Output> Unpacker::take() {
  if (!ready_.empty()) {
    auto front = std::move(ready_.front());
    ready_.pop_front();
    return front;
  }
  if (failed_)
    return EndOfStream{};
  return {};
}

} // namespace p2plive::viewer
