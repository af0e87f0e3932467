// p2plive: watch a live stream partly from its CDN and partly from the other people who watch it.
// The public C++ API; it needs no GStreamer. The element p2plivesrc is built on it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#define P2PLIVE_API __attribute__((visibility("default")))

namespace p2plive {

enum class Pace {
  stream, ///< bytes are handed out at the stream's own pace, `lead` ahead
  none,   ///< whatever is there is handed out
};

enum class Late {
  skip, ///< jump forward to `live_delay` when playback has fallen behind
  keep, ///< stay late until the window is lost
};

/// How the stream's servers are asked for it. The services at `index_uri` are another party: of all
/// this they see the proxy and TLS only.
///
/// Headers go with every request for the stream, also to other hosts that playlists or redirects
/// name. What proves who asks does not: the header Authorization, cookies, user and password go to
/// hosts of the same registrable domain as the stream's URI only (the same host where that is an
/// address), and not over http when the stream's URI is https. Cookies that servers set are kept,
/// and sent back to them, while the viewer lives.
struct HttpOptions {
  struct Header {
    std::string name;
    std::string value;
  };
  std::vector<Header> headers;      ///< not those that a request needs for itself: Range, Host, ...
  std::vector<std::string> cookies; ///< "NAME=VALUE"
  std::string user;                 ///< for a server that asks: Basic or Digest
  std::string password;
  std::string proxy; ///< URI or HOST:PORT; http, https or SOCKS; empty: as the system says
  std::string proxy_user;
  std::string proxy_password;
  bool verify_tls = true;
  std::string ca_file; ///< certificates (PEM) that are trusted instead of the system's
  std::shared_ptr<void> tls_database; ///< the same as a GTlsDatabase, for programs that use GIO
  std::chrono::nanoseconds
      timeout{}; ///< without any progress; 0: 5 s for a playlist, 4 s for media
  /// Of the playlist before anything has played, when what went wrong may pass; none: without end.
  std::optional<unsigned> retries = 4;
};

/// Which of a master playlist's variants is played: the highest bandwidth that keeps within the
/// bounds, or the lowest of all; with `adaptive` the first one is another.
struct QualityOptions {
  std::uint64_t max_bitrate = 0; ///< BANDWIDTH, bits a second; 0: no bound
  unsigned max_width = 0;        ///< 0: no bound
  unsigned max_height = 0;       ///< 0: no bound
  /// Comma separated beginnings of codecs that are preferred, as in CODECS: "avc1,mp4a.40". Those
  /// of picture hold for picture, those of sound for sound.
  std::string codecs;
  /// The variant is changed while the stream plays, at the beginning of a segment, as throughput
  /// and buffer allow: among those within the bounds that have the same codecs and whose segments
  /// begin at the same moments. Each is a stream of its own, with its own RID and viewers: the
  /// other one's are joined before the change, and left after it.
  bool adaptive = false;
  /// With `adaptive`: it begins with the highest BANDWIDTH that keeps within this, too; bits a
  /// second. 0: with what the playlist lists first, or the next lower one that keeps within
  /// 5 Mbit/s.
  std::uint64_t start_bitrate = 0;
};

/// A variant of a master playlist.
struct Quality {
  std::uint64_t bandwidth = 0; ///< BANDWIDTH, bits a second
  unsigned width = 0;          ///< 0: not said
  unsigned height = 0;
  std::string codecs; ///< as written; empty: not said
};

/// What happens inside, for a person who looks for the reason of something: a sentence, without
/// users' names and passwords.
struct LogLine {
  enum class Level { warning, info, debug } level{};
  enum class Area { playlist, cdn, peers, quality } area{};
  std::string text;
};

struct ViewerOptions {
  std::string uri;       ///< http(s) URL of an HLS media or master playlist
  std::string index_uri; ///< http(s) base URL of the services, Index is at v1/index under it;
                         ///< empty: CDN only
  std::chrono::nanoseconds live_delay =
      std::chrono::seconds(8); ///< behind the live edge, at the sink
  /// Where playback begins: from the first segment of the playlist on, or, negative, before the end
  /// of its last, and each time with the beginning of the segment that this lies in. That distance
  /// to live is then kept in place of live_delay. None: live_delay behind live, or further where
  /// the playlist says so (EXT-X-START; RFC 8216, 4.3.5.2).
  std::optional<std::chrono::nanoseconds> start_offset;
  std::chrono::nanoseconds lead =
      std::chrono::seconds(3); ///< handed out ahead of time, if it can be had
  Pace pace = Pace::stream;
  Late late = Late::skip;
  std::optional<std::chrono::nanoseconds> cdn_threshold; ///< none: automatic
  std::optional<double> seed_share;                      ///< none: automatic; else 0..1
  static constexpr unsigned most_peers = 500;
  unsigned max_peers = 60;                   ///< two more are let in; 0: none
  std::optional<std::uint64_t> upload_limit; ///< bits a second; none: no limit; 0: never upload
  std::string user_agent;                    ///< empty: "p2plive/VERSION"
  std::string local_address; ///< data channels use this address only; empty: all interfaces, or
                             ///< only loopback when the services are reached there
  HttpOptions http;
  QualityOptions quality;
  bool trace = false; ///< every buffer says how it came (Buffer::life)
  /// Null: nobody reads it. Called on the network thread, which it must not hold up, until the
  /// viewer's last words are said.
  std::function<void(const LogLine&)> log;
};

/// Why a stream cannot be played, for a person.
struct Error {
  enum class Kind {
    not_found,
    not_authorized,
    open,
    read,
    settings,
    format,
    encryption ///< of a kind that is not played; a key that does not come is none of it
  } kind{};
  std::string message; ///< a sentence that tells what to do
  std::string detail;  ///< for developers
};

/// What is wrong with a stream that plays on all the same, for a person.
struct Warning {
  std::string message;
  std::string detail; ///< for developers
};

/// What the bytes of a segment are.
enum class Format {
  mpeg_ts,
  fmp4, ///< fragmented MP4 (CMAF)
  aac,  ///< packed audio (RFC 8216, 3.4): ADTS
  mp3,  ///< layer III; layers I and II come as this, too
  ac3,
  eac3,
};

/// How one chunk of the stream came to this viewer.
struct ChunkLife {
  using Time = std::chrono::steady_clock::time_point;

  std::string from; ///< peer id of the viewer that sent it, hexadecimal; empty: the CDN
  Time asked_at;    ///< when it was asked for
  Time got_at;      ///< when it was whole
  /// When it had to be handed out at the latest, or playback might have stalled; none with
  /// Pace::none. The first chunk is due when it goes out, and nothing while the application takes
  /// nothing.
  std::optional<Time> due_at;
};

/// Bytes of the stream in order: an init section, or one chunk of a segment, or a part of one; TS
/// packets whole. AES-128 is undone, ID3 tags in front of packed audio are left out.
struct Buffer {
  std::shared_ptr<const void>
      memory; ///< keeps `data` alive; may be dropped on any thread, any time
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  Format format{};
  bool init_section = false;        ///< of the init section that the segment, which follows, needs
  std::uint64_t media_sequence = 0; ///< of the segment
  std::uint64_t offset = 0; ///< of these bytes in the segment, or in the init section; 0 begins one
  std::chrono::nanoseconds duration{}; ///< media time of these bytes, pro rata
  /// With offset 0: of the segment's first sample (PCR or PTS, tfdt, ID3), where 33 bits are all
  /// there are unwrapped over the session.
  std::optional<std::chrono::nanoseconds> timestamp;
  /// With offset 0: of the segment's start, UTC, where the playlist has it.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> program_date_time;
  bool discontinuity = false;         ///< what begins here does not continue what was
  std::chrono::nanoseconds skipped{}; ///< with discontinuity: media left out because it was late
  /// With ViewerOptions::trace, else null; of bytes that were encrypted, the chunk whose coming
  /// made it possible to hand them out.
  std::shared_ptr<const ChunkLife> life;
  /// The variant that begins with these bytes, the first one's too; null: no other than before, or
  /// there is no master playlist. Times go on, media sequence numbers are the variant's own; a
  /// demuxer has to be told that the bytes do not continue those before.
  std::shared_ptr<const Quality> quality;
};

struct EndOfStream {};
struct Interrupted {};
struct NotYet {}; ///< only with a deadline

/// A connection to another viewer is open.
struct PeerAdded {
  std::string peer_id; ///< hexadecimal
};
/// It is not any more.
struct PeerRemoved {
  std::string peer_id; ///< of which PeerAdded has told
  std::string reason;  ///< for a person
};

/// What the playlist says of a span of time, such as an advertisement (EXT-X-DATERANGE; RFC 8216,
/// 4.3.2.7): all that is known of the range with this ID. Told when the playlist lists it first,
/// which may be long before it begins and before the bytes there, and again when that says more.
/// What cannot be read of it is left out, and so is a range whose start is not known.
struct DateRange {
  using Date = std::chrono::sys_time<std::chrono::milliseconds>; ///< UTC

  std::string id;
  std::string class_name; ///< CLASS; empty: none
  Date start;             ///< as Buffer::program_date_time, which tells where in the stream it is
  std::optional<Date> end;
  std::optional<std::chrono::nanoseconds> duration;
  std::optional<std::chrono::nanoseconds> planned_duration;
  bool end_on_next = false;   ///< it ends where the next range of its class begins
  std::string scte35_command; ///< SCTE35-CMD, -OUT and -IN: 0x and hexadecimal; empty: none
  std::string scte35_out;
  std::string scte35_in;
  std::map<std::string, std::string> attributes; ///< X-*, by name; strings without their quotes
};

using Output = std::variant<Buffer, EndOfStream, Error, Interrupted, NotYet, PeerAdded, PeerRemoved,
                            DateRange, Warning>;

/// A snapshot, at most a quarter of a second old, or a second without an Index and in one quality;
/// byte counts are of media unless said otherwise.
struct ViewerStatistics {
  std::string rid;              ///< hexadecimal; empty until the CPS has answered; of the variant
  std::string peer_id;          ///< hexadecimal; of this viewer in that swarm
  unsigned peers = 0;           ///< open connections
  std::uint64_t bandwidth = 0;  ///< Quality::bandwidth of the variant that is handed out
  std::uint64_t throughput = 0; ///< measured, bits a second; 0: not known; with adaptive only
  std::uint64_t switches = 0;   ///< from one variant to another
  std::uint64_t cdn_bytes = 0;
  std::uint64_t peer_bytes = 0;
  std::uint64_t upload_bytes = 0;
  std::uint64_t delivered_bytes = 0;
  std::uint64_t duplicate_bytes = 0; ///< received more than once
  std::uint64_t overhead_bytes = 0;  ///< received, not media: peer messages, headers
  std::uint64_t cdn_requests = 0;
  std::uint64_t cdn_errors = 0;
  std::chrono::nanoseconds buffer_time{};  ///< playable media after the hand-out position
  std::chrono::nanoseconds delay{};        ///< live edge - media at the sink, estimated
  std::chrono::nanoseconds startup_time{}; ///< from open to the first byte handed out
  std::uint64_t starvations = 0;           ///< bytes handed out later than due
  std::chrono::nanoseconds starved_time{};
  std::uint64_t pool_allocated = 0;
  std::uint64_t pool_reused = 0;
};

/// One person watching one stream. Opening starts it; destroying it leaves the swarm and waits, at
/// most two seconds, for the network thread to have closed everything. Every call may be made on
/// any thread; pop() by one thread at a time.
class P2PLIVE_API Viewer {
public:
  /// Validates and starts; never blocks on the network. Errors: Kind::settings only.
  static std::variant<std::unique_ptr<Viewer>, Error> open(ViewerOptions options);
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  /// Waits for the next bytes, the end, an error (once; then EndOfStream), or interrupt(true); with
  /// a deadline also for that. What becomes of other viewers is told in between; whoever
  /// came and went between two calls is not told of. So are warnings, and date ranges: one that
  /// changed several times between two calls is told once, and of very many the last. `playing` is
  /// how far the application's own clock has advanced since it began to play, where it has one:
  /// data are handed out by the faster of it and the monotonic clock. None after that tells of a
  /// pause. `ahead` is what it has and has not played by that clock: who has much, and still takes
  /// as slowly as it plays, is given half a second at once, and none in between.
  Output pop(std::optional<std::chrono::nanoseconds> playing = {},
             std::optional<std::chrono::steady_clock::time_point> deadline = {},
             std::optional<std::chrono::nanoseconds> ahead = {});

  /// While true, pop() returns Interrupted at once.
  void interrupt(bool on);

  ViewerStatistics statistics() const;

  /// These may change while the stream plays.
  void set_upload_limit(std::optional<std::uint64_t> bits_per_second);
  void set_max_peers(unsigned peers);

private:
  class Impl;
  explicit Viewer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace p2plive
