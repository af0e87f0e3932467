// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exchange.h"

#include <glib.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace p2plive::test {

namespace {

constexpr int requests_at_once = 32;

/// Bytes that no compression and no mistake repeats (xorshift32).
Exchange::Bytes noise(std::size_t size, std::uint32_t state) {
  Exchange::Bytes bytes(size);
  for (std::size_t at = 0; at < size; at += sizeof state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    std::memcpy(bytes.data() + at, &state, std::min(sizeof state, size - at));
  }
  return bytes;
}

std::string sha256(const Exchange::Bytes& bytes) {
  std::unique_ptr<char, decltype(&g_free)> text(
      g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes.data(), bytes.size()), g_free);
  return text.get();
}

} // namespace

Exchange::Exchange(const Options& options, Send send)
    : options_(options), send_(std::move(send)), mine_(noise(options.size, options.seed)) {}

void Exchange::say(const core::PeerMessage& message, std::span<const std::uint8_t> body) {
  if (!send_(core::encode(message), body) && failure_.empty())
    failure_ = "the channel took a message of ours no more";
}

void Exchange::begin() {
  core::HandshakeMessage handshake;
  handshake.rid = options_.rid;
  handshake.peer = options_.self;
  handshake.chunk_size = core::chunk_size;
  say(handshake);
}

void Exchange::received(std::span<const std::uint8_t> bytes) {
  std::string reason;
  auto message = core::decode(bytes, reason);
  if (!message) {
    if (failure_.empty())
      failure_ = reason;
    return;
  }
  std::visit([this](const auto& known) { handle(known); }, *message);
}

void Exchange::handle(const core::HandshakeMessage& handshake) {
  greeted_ = handshake.rid == options_.rid && handshake.chunk_size == core::chunk_size;
  core::HaveMessage have;
  have.oldest = have.newest_listed = object_.sn;
  // First the name and one chunk, in brief; then all of it.
  for (auto chunks : {1u, core::chunk_count(mine_.size())}) {
    have.objects = {{object_, mine_.size(), {{0, chunks}}}};
    say(have);
  }
}

void Exchange::handle(const core::HaveMessage& have) {
  if (have.objects.empty() || left_ != unknown)
    return;
  const auto& told = have.objects.front();
  if (!their_object_) {
    their_object_ = told.object;
    theirs_.resize(told.size);
    return;
  }
  if (told.object != *their_object_ || told.size != theirs_.size()) {
    failure_ = "another object than was named";
    return;
  }
  left_ = core::chunk_count(theirs_.size());
  for (int count = 0; count < requests_at_once; ++count)
    ask();
}

void Exchange::ask() {
  if (next_ < core::chunk_count(theirs_.size()))
    say(core::RequestMessage{{*their_object_, core::ChunkIndex{next_++}}, {}});
}

void Exchange::handle(const core::RequestMessage& request) {
  auto at = std::size_t{number(request.chunk.chunk)} * core::chunk_size;
  if (at >= mine_.size())
    return;
  std::span piece(mine_.data() + at, std::min(core::chunk_size, mine_.size() - at));
  say(core::PieceMessage{request.chunk, piece}, piece);
}

void Exchange::handle(const core::PieceMessage& piece) {
  auto at = std::size_t{number(piece.chunk.chunk)} * core::chunk_size;
  if (left_ == 0 || at + piece.payload.size() > theirs_.size()) {
    failure_ = "a piece that nobody has asked for";
    return;
  }
  std::ranges::copy(piece.payload, theirs_.begin() + std::ptrdiff_t(at));
  ask();
  if (--left_ == 0)
    say(core::ByeMessage{"received " + sha256(theirs_) + " sent " + sha256(mine_)});
}

void Exchange::handle(const core::ByeMessage& bye) {
  their_words_ = bye.reason;
}

std::string Exchange::complaint() const {
  if (!failure_.empty())
    return failure_;
  if (!greeted_)
    return "no handshake with our RID and chunk size";
  if (!finished())
    return std::to_string(left_) + " chunks have not come, last words: '" + their_words_ + "'";
  auto expected = "received " + sha256(mine_) + " sent " + sha256(theirs_);
  return their_words_ == expected ? "" : "expected '" + expected + "', not '" + their_words_ + "'";
}

} // namespace p2plive::test
