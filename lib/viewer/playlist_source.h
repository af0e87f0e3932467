// Keeps the viewer's own playlist fresh: master -> variant -> media playlist, then its refreshes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/ids.h"
#include "media/known_date_ranges.h"
#include "media/playlist.h"
#include "media/refresh.h"
#include "net/http_client.h"
#include "net/timer.h"
#include "viewer/chosen_variant.h"
#include "viewer/delivery.h"
#include "viewer/log.h"
#include "viewer/url_renewal.h"
#include "viewer/viewer.h"
#include "viewer/whole_body.h"

#include <tl/expected.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace p2plive::viewer {

/// What it takes to decrypt an object: the key's own address, and the initialization vector.
struct KeyReference {
  std::string uri;
  Bytes128 iv{};

  bool operator==(const KeyReference&) const = default;
};

/// Where a segment or an init section is to be had.
struct ObjectLocation {
  std::string uri;
  std::optional<media::ByteRange> part; ///< it is a part of that resource only
  std::optional<KeyReference> key;      ///< none: it is in the clear
};

/// The status of the CDN's answer to a request for media, or why there was none.
using SegmentAnswer = tl::expected<unsigned, net::HttpError::Kind>;

/// On the network thread. A stream that cannot be played at its start is told at once, or after a
/// few tries when the trouble may pass; once it has played, loading is tried again for ever. Where
/// the server offers it, refreshes leave out what is known already.
class PlaylistSource {
public:
  struct Events {
    /// Of the media playlist, before redirects; once. Where the variant is to be had at several
    /// places it is that which is listed first, whichever is loaded: it names the stream (its host
    /// and path are the StreamId), and the stream stays the same when another place serves it.
    std::function<void(const std::string& uri)> media_uri;
    /// New or with more in it than before, its start is known; before the playlist is `listed`.
    std::function<void(const media::DateRange&)> date_range;
    std::function<void(const core::Listing&)> listed;
    /// A refresh is due. Until when it is left to other viewers to tell what it would show; none:
    /// not at all. (Swarm::poll_left_until; null: never.)
    std::function<std::optional<core::Time>()> left_until;
    std::function<void(const Error&)> failed; ///< the last event
  };

  struct Options {
    std::string uri;                                             ///< the application's
    std::chrono::milliseconds timeout = std::chrono::seconds(5); ///< without any progress
    /// Before anything was played, when what went wrong may pass; none: without end.
    std::optional<unsigned> retries = 4;
    media::VariantWish wish;
    std::optional<media::Variant> variant; ///< the one to play; none: as is wished
    /// Of the stream, whichever variant's playlist tells of them.
    std::shared_ptr<media::KnownDateRanges> date_ranges =
        std::make_shared<media::KnownDateRanges>();
    Log log;
  };

  PlaylistSource(GMainContext* context, net::HttpClient& http, Options options, Events events);

  void start();
  /// There is news, a neighbour says.
  void refresh();
  /// How the CDN answered a request for a segment: refusals tell that URLs have expired, other
  /// failures that this place where the variant is to be had gives the playlist only.
  void segment_answered(const SegmentAnswer& answer);
  /// The server of a key said so.
  void key_refused();
  /// What is older is not asked about any more.
  void handed_out(core::SequenceNumber segment) { handed_out_ = segment; }
  /// None: not listed, or long ago.
  std::optional<ObjectLocation> locate(core::SequenceNumber sn) const;

  /// Of the master playlist; null: there is none, or not yet.
  const ChosenVariant* variant() const { return variant_.chosen() ? &variant_ : nullptr; }
  /// The media playlist as it was loaded last; null: not yet.
  const media::MediaPlaylist* playlist() const { return playlist_ ? &*playlist_ : nullptr; }

  /// Since when every load has failed; none: the last one succeeded.
  std::optional<core::Time> failing_since() const { return failing_since_; }
  const std::optional<Error>& last_failure() const { return last_failure_; }
  /// Of all playlists received.
  std::uint64_t body_bytes() const { return body_bytes_ + renewal_.body_bytes(); }

private:
  struct Listed {
    ObjectLocation location;
    core::Time seen{};                        ///< in the newest playlist that listed it
    std::optional<core::SequenceNumber> init; ///< that a segment needs
  };

  /// What a load asks for: the playlist, or an update that leaves out what is known of it already.
  enum class Extent { whole, delta };

  void schedule();
  Extent extent() const; ///< of the next load
  void due();
  void load(Extent extent);
  void loaded(WholeResult result);
  /// The server or its update misleads us: at once, the whole playlist instead.
  void load_whole();
  void refused(unsigned status);
  void read(const WholeAnswer& answer);
  void read_master(const media::MasterPlaylist& master);
  void read_media(media::MediaPlaylist playlist);
  void read_date_ranges(const std::vector<media::DateRange>& listed);
  void remember(const media::MediaPlaylist& playlist);
  void forget(core::Time time);
  /// A load brought nothing. `tries`: how often this may happen at each place before anything was
  /// played; `weight`: as how many failures of the place it counts.
  void failed(Error error, std::uint64_t tries, std::uint64_t weight = 1);
  void fail_over();
  void segment_failed(bool waited);
  void load_other();
  /// The master playlist was loaded again.
  void renewed(const media::MasterPlaylist& master);
  std::uint64_t tries_of(const net::HttpError& error) const;
  void give_up(Error error);
  double jitter();

  net::HttpClient& http_;
  Options options_;
  std::string uri_; ///< the one that is loaded: first the application's, then the media playlist's
  Events events_;
  ChosenVariant variant_;
  UrlRenewal renewal_;
  std::uint64_t failures_here_ = 0;    ///< in a row, of the place that is loaded from now
  std::uint64_t segment_failures_ = 0; ///< as well, of its segments
  core::Time segment_failed_at_{};     ///< the last that counts
  media::RefreshSchedule refresh_;
  core::WallTime began_{}; ///< the load under way, or the last one
  net::Timer timer_;
  std::uint64_t some_tries_; ///< of what may pass
  std::unique_ptr<net::HttpTransfer> transfer_;
  std::mt19937 random_;
  bool media_known_ = false;
  bool over_ = false;              ///< ended, or given up
  Extent extent_ = Extent::whole;  ///< of the load under way, or the last one
  std::string requested_;          ///< by that load
  std::string etag_, etag_uri_;    ///< of the playlist, and the URI that it belongs to
  media::Definitions definitions_; ///< of the master playlist
  std::optional<std::chrono::nanoseconds> start_offset_; ///< likewise
  std::optional<media::MediaPlaylist> playlist_;
  core::Time asked_{};         ///< when the load began
  core::Time known_since_{};   ///< when the load began that brought or confirmed playlist_
  unsigned failed_deltas_ = 0; ///< in a row
  core::Listing listing_;
  core::SequenceNumber handed_out_{};
  std::map<core::SequenceNumber, Listed> objects_; ///< segments and init sections
  std::optional<core::Time> failing_since_;
  std::optional<core::Time> empty_since_;
  std::optional<Error> last_failure_;
  std::uint64_t body_bytes_ = 0;
};

} // namespace p2plive::viewer
