// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/playlist_source.h"

#include "core/version.h"
#include "media/playlist_delta.h"
#include "media/playlist_limits.h"
#include "viewer/failure.h"
#include "viewer/now.h"
#include "viewer/public_uri.h"

#include <algorithm>
#include <set>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

/// Segments stay known for so long after they have left the playlist: slower peers ask for them.
constexpr auto keep_unlisted = 60s;
/// An encoder that has just been started lists nothing yet.
constexpr auto wait_for_segments = 30s;
constexpr std::uint64_t no_more_tries = 1;
constexpr unsigned range_not_satisfiable = 416;
/// A server whose updates fail so often in a row is not asked for them any more: each costs a load.
constexpr unsigned delta_tries = 3;
/// Loads that fail in a row until the next place is tried where the variant is to be had: one or
/// two happen, and two places need not agree on what they serve.
constexpr std::uint64_t failover_after = 3;
/// Of segments that fail together, as with connections that are cut, one counts.
constexpr auto together = 200ms;

/// The path in an absolute URI.
std::string_view path_of(std::string_view uri) {
  auto host = uri.find("://");
  auto begin = host == uri.npos ? uri.npos : uri.find('/', host + 3);
  if (begin == uri.npos)
    return {};
  return uri.substr(begin, uri.find_first_of("?#", begin) - begin);
}

/// `sn` is the initialization vector where the playlist names none (RFC 8216, 5.2).
std::optional<KeyReference> key_of(const media::Key& key, std::uint64_t sn) {
  if (key.method != media::Key::Method::aes_128)
    return {};
  KeyReference reference{key.uri, {}};
  for (std::size_t i = 0; i < 8; ++i)
    reference.iv[15 - i] = static_cast<std::uint8_t>(sn >> 8 * i);
  reference.iv = key.iv.value_or(reference.iv);
  return reference;
}

core::SequenceNumber number_of(const media::InitSection& init, const media::Segment& segment) {
  auto range = init.byte_range.value_or(media::ByteRange{});
  return core::init_number(path_of(init.uri), range.offset, range.length,
                           segment.discontinuity_sequence);
}

core::Listing to_listing(const media::MediaPlaylist& playlist) {
  core::Listing listing;
  listing.target_duration = playlist.target_duration;
  listing.ended = playlist.ended;
  listing.start_offset = playlist.start_offset;
  listing.segments.reserve(playlist.segments.size());
  for (const auto& segment : playlist.segments) {
    auto& listed = listing.segments.emplace_back();
    listed.sn = core::SequenceNumber{segment.sn};
    listed.duration = segment.duration;
    listed.discontinuity_sequence = segment.discontinuity_sequence;
    listed.program_date_time = segment.program_date_time;
    listed.gap = segment.gap;
    if (segment.map)
      listed.init = number_of(*segment.map, segment);
    listed.encrypted = segment.key.method != media::Key::Method::none ||
                       (segment.map && segment.map->key.method != media::Key::Method::none);
  }
  return listing;
}

} // namespace

PlaylistSource::PlaylistSource(GMainContext* context, net::HttpClient& http, Options options,
                               Events events)
    : http_(http), options_(std::move(options)), uri_(options_.uri), events_(std::move(events)),
      variant_(options_.wish, options_.variant),
      renewal_(http, options_.uri, options_.timeout,
               [this](const media::MasterPlaylist& master) { renewed(master); }),
      timer_(context, [this] { due(); }),
      some_tries_(options_.retries ? std::uint64_t{*options_.retries} + 1 : UINT64_MAX),
      random_(std::random_device{}()) {}

void PlaylistSource::start() {
  load(Extent::whole);
}

void PlaylistSource::refresh() {
  if (over_ || !media_known_)
    return;
  refresh_.hint(now().time_since_epoch());
  schedule();
}

std::optional<ObjectLocation> PlaylistSource::locate(core::SequenceNumber sn) const {
  auto found = objects_.find(sn);
  if (found == objects_.end())
    return {};
  return found->second.location;
}

double PlaylistSource::jitter() {
  return std::uniform_real_distribution<>(0, 1)(random_);
}

void PlaylistSource::schedule() {
  auto next = refresh_.next();
  if (over_ || !next)
    return timer_.disarm();
  timer_.arm_at(steady(core::Time(*next)));
}

PlaylistSource::Extent PlaylistSource::extent() const {
  // Half the boundary: what leaves the playlist meanwhile must still be known (bis, 6.3.7).
  bool offered = playlist_ && now() - known_since_ < playlist_->skip_boundary / 2;
  return offered && failed_deltas_ < delta_tries ? Extent::delta : Extent::whole;
}

/// What was hinted at is to be seen here, and while loads fail nothing is left to chance. Of date
/// ranges nobody tells, and they are wanted before their time.
void PlaylistSource::due() {
  bool may_wait = events_.left_until && playlist_ && playlist_->date_ranges.empty() &&
                  !failing_since_ && !refresh_.hinted();
  if (auto until = may_wait ? events_.left_until() : std::nullopt) {
    refresh_.put_off(until->time_since_epoch());
    return schedule();
  }
  load(extent());
}

void PlaylistSource::load(Extent extent) {
  if (over_)
    return;
  asked_ = now();
  refresh_.began(asked_.time_since_epoch());
  began_ = wall_now();
  extent_ = extent;
  requested_ = extent == Extent::delta ? media::delta_uri(uri_) : uri_;
  net::HttpRequest request;
  request.uri = requested_;
  if (requested_ == etag_uri_)
    request.etag = etag_;
  request.limit = media::max_playlist_size;
  request.timeout = options_.timeout;
  transfer_ = fetch_whole(http_, std::move(request),
                          [this](WholeResult result) { loaded(std::move(result)); });
}

void PlaylistSource::load_whole() {
  ++failed_deltas_;
  load(Extent::whole);
}

void PlaylistSource::loaded(WholeResult result) {
  transfer_.reset();
  if (!result) {
    // Who waited for an answer in vain has waited for long enough.
    bool waited = result.error().kind == net::HttpError::Kind::timed_out;
    failed(playlist_failure(uri_, result.error()), tries_of(result.error()),
           waited ? failover_after : 1);
  } else {
    body_bytes_ += result->body.size();
    auto status = result->head.status;
    if (status == 200)
      read(*result);
    else if (status == 304 && playlist_)
      read_media(*playlist_);
    else if (status >= 400 && status < 500 && status != 429 && extent_ == Extent::delta)
      load_whole(); // a token may be for the URI as it was
    else
      refused(status);
  }
  schedule();
}

void PlaylistSource::refused(unsigned status) {
  failed(playlist_failure(uri_, status),
         status >= 500 || status == 429 ? some_tries_ : no_more_tries);
  if (media_known_ && variant_.chosen() && UrlRenewal::is_refusal(status))
    renewal_.refused();
}

void PlaylistSource::read(const WholeAnswer& answer) {
  std::string_view text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  media::PlaylistContext context;
  if (variant_.chosen())
    context.imported = &definitions_;
  if (extent_ == Extent::delta)
    context.before = &*playlist_;
  auto parsed =
      media::parse_playlist(text, answer.head.uri.empty() ? requested_ : answer.head.uri, context);
  if (!parsed && extent_ == Extent::delta)
    return load_whole();
  if (!parsed)
    return failed(playlist_failure(uri_, parsed.error()), no_more_tries);
  if (auto* master = std::get_if<media::MasterPlaylist>(&*parsed))
    return read_master(*master);
  etag_ = answer.head.etag;
  etag_uri_ = requested_;
  if (extent_ == Extent::delta)
    failed_deltas_ = 0;
  read_media(std::move(std::get<media::MediaPlaylist>(*parsed)));
}

void PlaylistSource::read_master(const media::MasterPlaylist& master) {
  if (variant_.chosen())
    return failed({Error::Kind::format,
                   "The playlist's variant leads to another list of variants: " + public_uri(uri_),
                   "a master playlist where a media playlist was expected"},
                  no_more_tries);
  if (auto reason = variant_.choose(master))
    return failed({Error::Kind::format,
                   "None of the stream's variants can be played: " + public_uri(uri_), *reason},
                  no_more_tries);
  definitions_ = master.definitions;
  start_offset_ = master.start_offset;
  uri_ = variant_.uri();
  refresh_ = {}; // another playlist, due at once
  options_.log.info("Of " + std::to_string(master.variants.size()) + " variants that of " +
                    std::to_string(variant_.variant().bandwidth) + " bit/s is played");
}

void PlaylistSource::read_media(media::MediaPlaylist playlist) {
  if (auto flaw = media::unsupported(playlist))
    return give_up({flaw->encryption ? Error::Kind::encryption : Error::Kind::format,
                    "This stream cannot be played yet: " + flaw->message, public_uri(uri_)});
  if (failing_since_)
    options_.log.info("The playlist can be loaded again: " + public_uri(uri_));
  failing_since_.reset();
  last_failure_.reset();
  failures_here_ = 0;
  if (!std::exchange(media_known_, true)) {
    options_.log.info("The playlist lists " + std::to_string(playlist.segments.size()) +
                      " segments: " + public_uri(uri_));
    events_.media_uri(variant_.chosen() ? variant_.name() : uri_);
  }
  known_since_ = asked_;
  read_date_ranges(playlist.date_ranges);
  if (playlist_)
    playlist_->date_ranges = playlist.date_ranges; // no news of segments
  bool changed = !playlist_ || *playlist_ != playlist;
  refresh_.loaded(changed, playlist.target_duration, jitter());
  if (!playlist.segments.empty())
    if (const auto& newest = playlist.segments.back(); newest.program_date_time)
      refresh_.expect_next(began_ - *newest.program_date_time - newest.duration, newest.duration);
  if (changed) {
    playlist_ = std::move(playlist);
    listing_ = to_listing(*playlist_);
    if (start_offset_) // of both, the media playlist's is to be ignored (RFC 8216, 4.3.5)
      listing_.start_offset = start_offset_;
  }
  remember(*playlist_);
  if (playlist_->ended) {
    refresh_.ended();
    over_ = true;
  }
  if (!playlist_->segments.empty() || playlist_->ended) {
    empty_since_.reset();
    return events_.listed(listing_);
  }
  if (!empty_since_)
    empty_since_ = now();
  if (objects_.empty() && now() - *empty_since_ > wait_for_segments)
    give_up({Error::Kind::read,
             "The playlist lists no segments; is the encoder running? " + public_uri(uri_),
             {}});
}

void PlaylistSource::read_date_ranges(const std::vector<media::DateRange>& listed) {
  if (listed.empty() || (playlist_ && playlist_->date_ranges == listed))
    return;
  auto news = options_.date_ranges->update(listed);
  std::ranges::stable_sort(news, {}, &media::DateRange::start);
  for (const auto& range : news)
    if (range.start)
      events_.date_range(range);
}

void PlaylistSource::remember(const media::MediaPlaylist& playlist) {
  auto time = now();
  for (const auto& segment : playlist.segments) {
    auto& listed = objects_[core::SequenceNumber{segment.sn}];
    listed = {{segment.uri, segment.byte_range, key_of(segment.key, segment.sn)}, time, {}};
    if (const auto& map = segment.map) {
      listed.init = number_of(*map, segment);
      objects_[*listed.init] = {
          {map->uri, map->byte_range, key_of(map->key, segment.sn)}, time, {}};
    }
  }
  forget(time);
}

/// What left the playlist long ago and was handed out, or never will be; a player that was paused,
/// or is late on purpose, may still be given what is behind.
void PlaylistSource::forget(core::Time time) {
  std::set<core::SequenceNumber> needed;
  std::erase_if(objects_, [&](const auto& entry) {
    const auto& [number, listed] = entry;
    if (core::is_init(number))
      return false;
    if (time - listed.seen > keep_unlisted && number < handed_out_)
      return true;
    if (listed.init)
      needed.insert(*listed.init);
    return false;
  });
  std::erase_if(objects_, [&](const auto& entry) {
    return core::is_init(entry.first) && !needed.contains(entry.first);
  });
}

std::uint64_t PlaylistSource::tries_of(const net::HttpError& error) const {
  using Kind = net::HttpError::Kind;
  switch (error.kind) {
  case Kind::resolve:
  case Kind::connect:
  case Kind::timed_out:
  case Kind::reset:
  case Kind::truncated:
    return some_tries_;
  default:
    return no_more_tries;
  }
}

void PlaylistSource::failed(Error error, std::uint64_t tries, std::uint64_t weight) {
  refresh_.failed(now().time_since_epoch(), jitter());
  const auto places = variant_.chosen() ? variant_.places() : 1;
  if (!media_known_ && refresh_.failures() / places >= tries)
    return give_up(std::move(error));
  if (!failing_since_)
    failing_since_ = now();
  options_.log.warning(error);
  last_failure_ = std::move(error);
  failures_here_ += weight;
  if (places > 1 &&
      failures_here_ >= (media_known_ ? failover_after : std::min(tries, failover_after)))
    fail_over();
}

/// The backoff goes on: with every place dead, none is asked more often than one would be.
void PlaylistSource::fail_over() {
  failures_here_ = segment_failures_ = 0;
  variant_.move_on();
  uri_ = variant_.uri();
  etag_.clear(); // of another server
  options_.log.warning("The stream goes on from another place: " + public_uri(uri_));
}

void PlaylistSource::segment_answered(const SegmentAnswer& answer) {
  if (!variant_.chosen() || over_)
    return;
  if (!answer)
    return segment_failed(answer.error() == net::HttpError::Kind::timed_out);
  renewal_.segment_answered(*answer);
  if (*answer < 400)
    segment_failures_ = 0;
  else if (!UrlRenewal::is_refusal(*answer) && *answer != range_not_satisfiable)
    segment_failed(false);
}

/// Its playlists may be as good as ever. Who waited for an answer in vain has waited long enough.
void PlaylistSource::segment_failed(bool waited) {
  if (variant_.places() < 2 || now() - segment_failed_at_ < together)
    return;
  segment_failed_at_ = now();
  segment_failures_ += waited ? failover_after : 1;
  if (segment_failures_ < failover_after)
    return;
  fail_over();
  load_other();
}

void PlaylistSource::key_refused() {
  if (variant_.chosen() && !over_)
    renewal_.refused();
}

/// Another playlist, due at once.
void PlaylistSource::load_other() {
  transfer_.reset();
  refresh_ = {};
  schedule();
}

/// Where none of its variants can be played, the old URLs are tried again. What the stream is
/// called stays: a token in the path makes it no other stream.
void PlaylistSource::renewed(const media::MasterPlaylist& master) {
  if (over_ || variant_.choose(master))
    return;
  options_.log.info("URLs have expired; the master playlist gave fresh ones");
  failures_here_ = segment_failures_ = 0;
  definitions_ = master.definitions;
  uri_ = variant_.uri();
  etag_.clear();
  load_other();
}

void PlaylistSource::give_up(Error error) {
  over_ = true;
  timer_.disarm();
  events_.failed(error);
}

} // namespace p2plive::viewer
