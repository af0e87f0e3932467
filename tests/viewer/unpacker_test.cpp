// From chunks as the core hands them out to what the application gets.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/version.h"
#include "viewer/unpacker.h"

#include <algorithm>
#include <string>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using core::chunk_size;
using viewer::Unpacker;

namespace {

/// Whole packets, none of which says anything.
std::string transport_stream(std::size_t packets) {
  std::string packet(188, '\xff');
  packet.replace(0, 4, std::string("\x47\x1f\xff\x10", 4));
  std::string out;
  for (std::size_t i = 0; i < packets; ++i)
    out += packet;
  return out;
}

/// An ID3 tag with the timestamp of the first sample, in seconds (RFC 8216, 3.4).
std::string id3_tag(std::uint64_t seconds) {
  const std::string owner("com.apple.streaming.transportStreamTimestamp\0", 45);
  std::string content = owner;
  for (int shift = 56; shift >= 0; shift -= 8)
    content += static_cast<char>(seconds * 90'000 >> shift);
  auto size = [](std::size_t bytes) {
    return std::string{0, 0, static_cast<char>(bytes >> 7), static_cast<char>(bytes & 0x7f)};
  };
  auto frame = "PRIV" + size(content.size()) + std::string(2, '\0') + content;
  return "ID3" + std::string("\4\0\0", 3) + size(frame.size()) + frame;
}

/// A header of ADTS, 48 kHz stereo, and what stands for audio.
std::string adts(std::size_t size) {
  std::string out(size, '\x2a');
  out.replace(0, 7, std::string("\xff\xf1\x4c\x80\x20\x1f\xfc", 7));
  return out;
}

/// From another viewer, asked for at 1 s, got at 2 s, due at 9 s.
const core::ChunkLife from_a_viewer{core::PeerId{{0xab, 1}}, core::Time(1s), core::Time(2s),
                                    core::Time(9s)};

bool was_got(const Buffer& buffer, std::chrono::seconds at) {
  using Time = ChunkLife::Time;
  return buffer.life && buffer.life->from == "ab010000000000000000000000000000" &&
         buffer.life->asked_at == Time(1s) && buffer.life->got_at == Time(at) &&
         buffer.life->due_at == Time(9s);
}

class Stream {
public:
  /// A whole segment, or init section, in chunks.
  void put(std::uint64_t sn, const std::string& bytes, bool init = false,
           bool discontinuity = false, std::chrono::seconds skipped = 0s) {
    for (std::size_t at = 0; at < bytes.size(); at += chunk_size) {
      auto delivery = chunk(sn, bytes, at, init, discontinuity && at == 0);
      if (at == 0)
        delivery.bytes.skipped = skipped;
      delivery.bytes.new_line = at == 0 && discontinuity && skipped == 0s;
      unpacker.put(std::move(delivery));
    }
  }

  /// The first chunk of a segment of more.
  void put_first(std::uint64_t sn, const std::string& bytes) {
    unpacker.put(chunk(sn, bytes, 0, false, false));
  }

  std::vector<Buffer> buffers() {
    std::vector<Buffer> out;
    while (auto output = unpacker.take()) {
      fail_unless(std::holds_alternative<Buffer>(*output), "no bytes, but the end");
      out.push_back(std::get<Buffer>(*std::move(output)));
    }
    return out;
  }

  Unpacker unpacker;
  std::optional<viewer::SegmentSecret> secret;
  std::optional<core::ChunkLife>
      life; ///< of a segment's first chunk; each is got a second after the one before it

private:
  viewer::Delivery chunk(std::uint64_t sn, const std::string& bytes, std::size_t at, bool init,
                         bool discontinuity) {
    auto part = bytes.substr(at, chunk_size);
    viewer::Delivery delivery;
    auto& deliver = delivery.bytes;
    deliver.chunk = pool_.allocate();
    deliver.chunk.write(0, {reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
    deliver.size = part.size();
    deliver.sn = core::SequenceNumber{sn};
    if (init)
      deliver.init = core::init_number("/init.mp4", 0, 0, 0);
    deliver.offset = at;
    deliver.segment_size = bytes.size();
    deliver.segment_duration = 2s;
    deliver.discontinuity = discontinuity;
    delivery.secret = secret;
    if (life) {
      auto own = *life;
      own.got_at += std::chrono::seconds(at / chunk_size);
      deliver.life = std::make_shared<const core::ChunkLife>(own);
    }
    return delivery;
  }

  core::ChunkPool pool_{64u << 20};
};

std::string text(const std::vector<Buffer>& buffers) {
  std::string out;
  for (const auto& buffer : buffers)
    out.append(reinterpret_cast<const char*>(buffer.data), buffer.size);
  return out;
}

void fails(const std::string& bytes, const std::string& word) {
  Stream stream;
  stream.put(1, bytes);
  auto first = stream.unpacker.take();
  auto* error = first ? std::get_if<Error>(&*first) : nullptr;
  fail_unless(error && error->kind == Error::Kind::format);
  fail_unless(error->message.find(word) != std::string::npos, "%s", error->message.c_str());
  stream.put(2, transport_stream(10));
  auto then = stream.unpacker.take();
  fail_unless(then && std::holds_alternative<EndOfStream>(*then));
}

} // namespace

// Rule: bytes in the clear come out as they are, without a copy, with their shares of the duration.
GST_START_TEST(in_the_clear) {
  Stream stream;
  auto bytes = transport_stream(500);
  stream.put(7, bytes, false, true);
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 3);
  fail_unless(text(buffers) == bytes);
  std::chrono::nanoseconds whole{};
  std::uint64_t offset = 0;
  for (const auto& buffer : buffers) {
    fail_unless(buffer.format == Format::mpeg_ts && buffer.media_sequence == 7);
    fail_unless_equals_uint64(buffer.offset, offset);
    fail_unless_equals_int(buffer.discontinuity, offset == 0);
    offset += buffer.size;
    whole += buffer.duration;
  }
  fail_unless(whole == 2s);
  fail_unless(buffers[0].duration > 600ms && buffers[0].duration < 800ms);
}
GST_END_TEST;

// Rule: what is no media is one clear error, and then the end.
GST_START_TEST(no_media) {
  fails("<!DOCTYPE html><html><body>Log in</body></html>", "web page");
  fails(std::string(5'000, 'x'), "neither MPEG-TS");
}
GST_END_TEST;

// Rule: one broken segment in a stream is left to the demuxer.
GST_START_TEST(a_broken_segment) {
  Stream stream;
  stream.put(1, transport_stream(10));
  stream.put(2, std::string(1'000, 'x'));
  stream.put(3, id3_tag(3) + adts(1'000)); // may be chance
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 3);
  fail_unless(buffers[1].format == Format::mpeg_ts && buffers[1].size == 1'000);
  fail_unless(buffers[2].format == Format::mpeg_ts && buffers[2].size > 1'000);
}
GST_END_TEST;

// Rule: ID3 tags in front of packed audio are left out, and give it its time.
GST_START_TEST(packed_audio) {
  Stream stream;
  for (std::uint64_t sn : {1, 2})
    stream.put(sn, id3_tag(100 + 2 * sn) + adts(50'000), false, sn == 1);
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 4);
  fail_unless(text(buffers) == adts(50'000) + adts(50'000));
  fail_unless(buffers[0].format == Format::aac && buffers[0].offset == 0);
  fail_unless(buffers[0].timestamp == 102s && buffers[2].timestamp == 104s);
  fail_unless_equals_uint64(buffers[1].offset, buffers[0].size);
  std::chrono::nanoseconds whole{};
  for (const auto& buffer : buffers)
    whole += buffer.duration;
  fail_unless(whole > 3990ms && whole <= 4s, "the tags' share is part of the first buffers'");
}
GST_END_TEST;

// Rule: a break begins another line of time; a jump forward goes on with the one that is.
GST_START_TEST(lines_of_time) {
  Stream stream;
  stream.put(1, id3_tag(50'000) + adts(1'000), false, true);
  stream.put(2, id3_tag(50) + adts(1'000), false, true);
  stream.put(3, id3_tag(50'000) + adts(1'000), false, true, 4s);
  stream.put(4, id3_tag(50) + adts(1'000), false, true, 4s);
  auto buffers = stream.buffers();
  fail_unless(buffers[0].timestamp == 50'000s && buffers[1].timestamp == 50s);
  fail_unless(buffers[2].timestamp == 50'000s);
  fail_unless(buffers[3].timestamp > 90'000s, "33 bits began again meanwhile");
}
GST_END_TEST;

// Rule: an init section waits for the segment that it serves, and has the break before it, and a
// life of its own.
GST_START_TEST(an_init_section) {
  Stream stream;
  stream.life = from_a_viewer;
  const std::string init("\0\0\0\x10"
                         "ftypiso5\0\0\0\0",
                         16);
  const std::string segment("\0\0\0\x08"
                            "moof\0\0\0\x08"
                            "mdat",
                            16);
  stream.put(3, init, true, true);
  fail_if(stream.unpacker.take());
  stream.life.reset();
  stream.put(3, segment);
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 2);
  fail_unless(buffers[0].init_section && !buffers[1].init_section);
  fail_unless(buffers[0].discontinuity && !buffers[1].discontinuity);
  fail_unless(buffers[0].format == Format::fmp4 && buffers[0].media_sequence == 3);
  fail_unless(buffers[0].duration == 0ns && buffers[1].duration == 2s);
  fail_unless(text(buffers) == init + segment);
  fail_unless(was_got(buffers[0], 2s) && !buffers[1].life);
}
GST_END_TEST;

// Rule: where an init section is handed out twice before its segment comes, as when the stream
// breaks between the two, it comes out once, and the break with it.
GST_START_TEST(an_init_section_begins_anew) {
  Stream stream;
  const std::string init("\0\0\0\x10"
                         "ftypiso5\0\0\0\0",
                         16);
  const std::string segment("\0\0\0\x08"
                            "moof\0\0\0\x08"
                            "mdat",
                            16);
  stream.put(3, init, true, true, 4s);
  stream.put(4, init, true, true);
  stream.put(4, segment);
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 2);
  fail_unless(text(buffers) == init + segment);
  fail_unless(buffers[0].discontinuity && buffers[0].skipped == 4s && !buffers[1].discontinuity);
}
GST_END_TEST;

// Rule: of a fragment that is left in the midst of its media data the rest is made up for, without
// any time, before the break, so that a demuxer finds the box that follows; but no more than the
// segment has.
GST_START_TEST(a_cut_fragment) {
  auto fragment = [](std::uint64_t media, std::size_t size) {
    std::string out("\0\0\0\x08moof\0\0\0\x01mdat", 16);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>((media + 16) >> shift);
    return out + std::string(size, 'x');
  };
  const auto size = 2 * chunk_size + 100;
  const auto whole = fragment(size, size);
  Stream stream;
  stream.put_first(1, whole);
  stream.put(7, fragment(10, 10), false, true);
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 4);
  const auto rest = text({buffers[1], buffers[2]});
  fail_unless_equals_uint64(rest.size(), whole.size() - chunk_size);
  fail_unless(rest.find_first_not_of('\0') == rest.npos);
  fail_unless(buffers[1].duration == 0s && buffers[1].offset == chunk_size &&
              buffers[1].media_sequence == 1 && !buffers[1].discontinuity);
  fail_unless(buffers[3].discontinuity && buffers[3].media_sequence == 7);

  stream.put_first(8, fragment(std::uint64_t{1} << 40, size));
  stream.put(9, fragment(10, 10), false, true);
  fail_unless_equals_int(static_cast<int>(stream.buffers().size()), 2);
}
GST_END_TEST;

// Rule: a chunk's life goes with its bytes; where nothing is traced there is none.
GST_START_TEST(lives) {
  Stream stream;
  stream.put(1, transport_stream(10));
  stream.life = from_a_viewer;
  stream.put(2, transport_stream(300));
  stream.life = core::ChunkLife{{}, core::Time(1s), core::Time(2s), {}};
  stream.put(3, transport_stream(10));
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 4);
  fail_if(buffers[0].life);
  fail_unless(was_got(buffers[1], 2s) && was_got(buffers[2], 3s));
  fail_unless(buffers[3].life && buffers[3].life->from.empty() && !buffers[3].life->due_at);
}
GST_END_TEST;

// Rule: what was encrypted has the life of the chunk that completed it, though it began before.
GST_START_TEST(lives_of_what_was_encrypted) {
  Stream stream;
  stream.put(1, transport_stream(10)); // what follows is taken for a broken segment
  stream.secret.emplace();
  stream.life = from_a_viewer;
  stream.put(2, std::string(2 * chunk_size, 'x'));
  auto buffers = stream.buffers();
  fail_unless_equals_int(static_cast<int>(buffers.size()), 4);
  fail_unless(was_got(buffers[1], 2s));
  fail_unless(buffers[2].offset < chunk_size && was_got(buffers[2], 3s));
  fail_unless(was_got(buffers[3], 3s));
}
GST_END_TEST;

static Suite* unpacker_suite() {
  auto* suite = suite_create("unpacker");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_the_clear);
  tcase_add_test(tcase, no_media);
  tcase_add_test(tcase, a_broken_segment);
  tcase_add_test(tcase, packed_audio);
  tcase_add_test(tcase, lines_of_time);
  tcase_add_test(tcase, an_init_section);
  tcase_add_test(tcase, an_init_section_begins_anew);
  tcase_add_test(tcase, a_cut_fragment);
  tcase_add_test(tcase, lives);
  tcase_add_test(tcase, lives_of_what_was_encrypted);
  return suite;
}

GST_CHECK_MAIN(unpacker)
