// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/session.h"

#include "viewer/date_range_news.h"
#include "viewer/failure.h"
#include "viewer/http_options.h"
#include "viewer/options.h"

#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;
using core::Swarm;

namespace {

/// What it takes to meet others costs some milliseconds of work, which the first requests to the
/// CDN do not wait for.
constexpr auto meet_after = 20ms;
/// For the tracker's answer to our leave, and for the last words to other viewers.
constexpr auto leave_within = 1s;
constexpr auto leave_tick = 20ms;
/// Segments whose keys are fetched ahead.
constexpr unsigned keys_ahead = 2;
constexpr auto playlist_timeout = 5s;
/// Shorter than the window, so that another try can still be in time.
constexpr auto segment_timeout = 4s;

core::Settings settings_of(const ViewerOptions& options, bool stands_by) {
  auto settings = to_settings(options);
  settings.stands_by = stands_by;
  settings.whole_segments = options.quality.adaptive;
  settings.expects_peers = !options.index_uri.empty() && options.max_peers > 0;
  if (options.index_uri.empty())
    settings.past = 0s; // kept for other viewers, of whom there will be none
  return settings;
}

PlaylistSource::Options playlist_options(const ViewerOptions& options,
                                         std::optional<media::Variant> variant,
                                         const Session::Shared& shared) {
  return {.uri = options.uri,
          .timeout = timeout_or(options.http, playlist_timeout),
          .retries = options.http.retries,
          .wish = to_wish(options.quality),
          .variant = std::move(variant),
          .date_ranges = shared.date_ranges,
          .log = Log(shared.log, Log::Area::playlist)};
}

Peers::Watch watch_into(std::shared_ptr<OutputQueue> output, Log log) {
  return {.added =
              [output, log](const core::PeerId& peer) {
                log.info("Met " + peer.to_hex());
                output->peer_added(peer.to_hex());
              },
          .removed =
              [output, log](const core::PeerId& peer, const std::string& reason) {
                log.info("Parted from " + peer.to_hex() + ": " + reason);
                output->peer_removed(peer.to_hex(), reason);
              }};
}

std::shared_ptr<const Quality> to_public(const media::Variant& variant) {
  return std::make_shared<const Quality>(
      Quality{variant.bandwidth, variant.width, variant.height, variant.codecs});
}

} // namespace

Session::Session(const Shared& shared, const ViewerOptions& options,
                 std::optional<media::Variant> variant, Events events)
    : shared_(shared), events_(std::move(events)), stands_by_(variant.has_value()),
      settings_(settings_of(options, stands_by_)), mind_(settings_, [this] { pump(); }),
      services_options_(to_services_client(options.http, options.user_agent)),
      playlist_(shared.context, shared.http, playlist_options(options, std::move(variant), shared),
                {.media_uri = [this](const std::string& uri) { media_uri_known(uri); },
                 .date_range =
                     [this](const media::DateRange& range) {
                       shared_.output->date_range(to_public(range));
                     },
                 .listed =
                     [this](const core::Listing& listing) {
                       mind_.tell(&Swarm::listed, wall_now(), listing);
                       if (!closing_)
                         events_.listed();
                     },
                 .left_until = [this] { return mind_.swarm().poll_left_until(now()); },
                 .failed = [this](const Error& error) { fail(error); }}),
      fetcher_(
          shared.http, mind_, shared.meter,
          [this](core::SequenceNumber sn) { return playlist_.locate(sn); },
          [this](const SegmentAnswer& answer) { playlist_.segment_answered(answer); },
          timeout_or(options.http, segment_timeout), Log(shared.log, Log::Area::cdn)),
      keys_(shared.context, shared.http, timeout_or(options.http, segment_timeout),
            {.arrived = [this] { release(); }, .refused = [this] { playlist_.key_refused(); }},
            Log(shared.log, Log::Area::cdn)),
      meeting_{.index_uri = options.index_uri,
               .agent = options.user_agent,
               .local_address = options.local_address,
               .broker_trust = to_broker_trust(options.http),
               .self = settings_.self,
               .max_peers = options.max_peers,
               .watch = watch_into(shared.output, Log(shared.log, Log::Area::peers)),
               .log = Log(shared.log, Log::Area::peers)},
      meet_(shared.context, [this] { meet_others(); }),
      wakeup_(shared.context, [this] { mind_.tell(&Swarm::advance); }),
      leave_(shared.context, [this] { look_whether_left(); }) {}

Session::~Session() = default;

void Session::start() {
  playlist_.start();
  if (settings_.expects_peers)
    meet_.arm_in(meet_after);
}

void Session::meet_others() {
  services_http_ = std::make_unique<net::HttpClient>(shared_.context, services_options_);
  membership_ = std::make_unique<Membership>(shared_.context, *services_http_, mind_, meeting_);
  membership_->start();
  if (!media_uri_.empty())
    membership_->set_media_uri(media_uri_);
}

void Session::media_uri_known(const std::string& uri) {
  media_uri_ = uri;
  if (const auto* variant = playlist_.variant())
    begins_ = to_public(variant->variant());
  if (membership_)
    membership_->set_media_uri(uri);
}

void Session::taken(const Taken& taken) {
  mind_.tell(&Swarm::taken, taken.bytes, taken.playing);
}

void Session::set_upload_limit(std::optional<std::uint64_t> bits_per_second) {
  mind_.tell(&Swarm::set_upload_limit, to_upload_limit(bits_per_second));
}

void Session::set_max_peers(unsigned peers) {
  meeting_.max_peers = peers;
  mind_.swarm().set_max_peers(peers);
  pump();
  if (membership_) {
    membership_->peers().set_max_peers(peers);
  } else if (peers > 0 && !settings_.expects_peers && !meeting_.index_uri.empty() && !closing_) {
    settings_.expects_peers = true;
    meet_.arm_in(0ns);
  }
}

void Session::pump() {
  if (pumping_) // news that came of carrying out: the loop below sees to them
    return;
  pumping_ = true;
  for (;;) {
    auto actions = mind_.swarm().take_actions();
    if (actions.empty())
      break;
    for (auto& action : actions)
      std::visit([this](auto& what) { carry_out(what); }, action);
    if (membership_)
      membership_->peers().tell_sent();
  }
  pumping_ = false;
  auto next = mind_.swarm().next_wakeup();
  if (next == core::Time::max() || closed_)
    wakeup_.disarm();
  else
    wakeup_.arm_at(steady(next));
  look_for_seam();
}

void Session::look_for_seam() {
  if (!pumping_ && !closing_ && has_ended())
    events_.at_seam();
}

void Session::end_before(std::optional<core::SequenceNumber> sn) {
  mind_.tell(&Swarm::end_before, sn);
}

void Session::begin_with(core::SequenceNumber sn, core::Time due) {
  mind_.tell(&Swarm::begin_with, sn, due);
}

void Session::take_over(Session& other) {
  stands_by_ = false;
  mind_.tell(&Swarm::take_over, other.mind_.swarm());
}

void Session::carry_out(core::Send& action) {
  if (membership_)
    membership_->peers().send(action);
}

void Session::carry_out(core::Connect& action) {
  if (membership_)
    membership_->peers().connect(action.peer);
}

void Session::carry_out(core::Disconnect& action) {
  if (membership_)
    membership_->peers().disconnect(action.peer, action.reason);
}

void Session::carry_out(core::Announce& action) {
  if (membership_)
    membership_->announce(action);
}

void Session::carry_out(core::Fetch& action) {
  want_key(action.sn);
  fetcher_.fetch(action);
}

void Session::carry_out(core::Deliver& action) {
  // Those after it will be needed next.
  auto sn = action.sn;
  for (unsigned ahead = 0; ahead <= keys_ahead; ++ahead, sn = core::next(sn))
    want_key(sn);
  hand_over(std::move(action));
}

void Session::carry_out(core::LeaveOut& action) {
  if (std::exchange(warned_of_, action.init) == action.init)
    return;
  auto location = playlist_.locate(action.init);
  shared_.output->warn(missing_init(location ? location->uri : "", core::number(action.from),
                                    core::number(action.until)));
}

void Session::carry_out(core::Finish& action) {
  if (action.failure)
    finish(stream_failure(*action.failure));
  else
    finish(EndOfStream{});
}

void Session::want_key(core::SequenceNumber object) {
  if (auto key = key_of(object))
    keys_.want(key->uri);
}

std::optional<KeyReference> Session::key_of(core::SequenceNumber object) const {
  auto location = playlist_.locate(object);
  return location ? location->key : std::nullopt;
}

/// In order: what is encrypted waits for its key, and what is behind it waits, too. A segment keeps
/// the key that it began with, whatever a later playlist says of it.
void Session::hand_over(core::Deliver bytes) {
  playlist_.handed_out(bytes.sn);
  if (bytes.offset == 0)
    current_key_ = key_of(bytes.init.value_or(bytes.sn));
  waiting_.push_back({std::move(bytes), current_key_});
  release();
}

void Session::release() {
  while (!waiting_.empty()) {
    auto& [bytes, key] = waiting_.front();
    if (key && keys_.refused(key->uri))
      look_up_anew();
    auto found = key ? keys_.find(key->uri) : std::nullopt;
    if (key && !found) {
      keys_.want(key->uri);
      if (!waiting_since_)
        waiting_since_ = now();
      return;
    }
    Delivery delivery{std::move(bytes), {}, {}};
    if (key)
      delivery.secret = SegmentSecret{*found, key->iv};
    delivery.quality = std::exchange(begins_, nullptr);
    shared_.output->push(std::move(delivery));
    waiting_.pop_front();
    waiting_since_.reset();
  }
  if (last_)
    shared_.output->push(*std::exchange(last_, std::nullopt));
  look_for_seam(); // what was handed out may have waited for its key
}

/// Where the key is to be had may have expired, and the playlist may name another place by now.
void Session::look_up_anew() {
  const auto& first = waiting_.front();
  auto old = *first.key;
  auto found = first.bytes.offset == 0 ? key_of(first.bytes.init.value_or(first.bytes.sn)) : old;
  if (!found || found->iv != old.iv)
    return;
  for (auto& waiting : waiting_)
    if (waiting.key == old)
      waiting.key = found;
  if (current_key_ == old)
    current_key_ = found;
}

void Session::fail(const Error& error) {
  finish(error);
}

void Session::finish(std::variant<EndOfStream, Error> last) {
  finished_ = true;
  if (closing_) // others play on
    return;
  if (stands_by_)
    return events_.failed();
  last_ = std::visit([](auto& it) { return Outgoing(std::move(it)); }, last);
  release();
}

void Session::look_after() {
  tell_link();
  tell_starvation();
  check_playlist();
  check_key();
}

void Session::tell_link() {
  auto bits = shared_.meter.throughput(now());
  mind_.swarm().set_link(bits ? std::optional(*bits / 8) : std::nullopt);
}

void Session::tell_starvation() {
  auto starvations = mind_.swarm().statistics().starvations;
  if (starvations > std::exchange(starvations_, starvations))
    Log(shared_.log, Log::Area::cdn).warning("Playback had to wait: what comes next is not here");
}

/// The core sees segments that fail; a playlist that fails leaves it with nothing to ask for.
void Session::check_playlist() {
  bool dry =
      playlist_.failing_since() && mind_.swarm().statistics().buffer_time == core::Duration::zero();
  if (!dry)
    return dry_since_.reset();
  if (!dry_since_)
    dry_since_ = now();
  if (!finished_ && now() - *dry_since_ > settings_.give_up && playlist_.last_failure())
    finish(*playlist_.last_failure());
}

/// What waits for a key that its server does not give cannot be played, ever.
void Session::check_key() {
  if (!waiting_since_)
    return;
  release();
  if (!waiting_since_)
    return;
  for (const auto& waiting : waiting_)
    if (waiting.key)
      keys_.want(waiting.key->uri);
  if (now() - *waiting_since_ < settings_.give_up)
    return;
  auto failure = keys_.failure(waiting_.front().key->uri);
  waiting_.clear();
  waiting_since_.reset();
  finish(failure);
}

ViewerStatistics Session::statistics() {
  auto core = mind_.swarm().statistics();
  ViewerStatistics figures;
  figures.peer_id = settings_.self.to_hex();
  if (membership_ && membership_->rid())
    figures.rid = membership_->rid()->to_hex();
  figures.peers = core.peers;
  figures.cdn_bytes = core.cdn_bytes;
  figures.peer_bytes = core.peer_bytes;
  figures.upload_bytes = core.upload_bytes;
  figures.delivered_bytes = core.delivered_bytes;
  figures.duplicate_bytes = core.duplicate_bytes;
  if (const auto* variant = playlist_.variant())
    figures.bandwidth = variant->variant().bandwidth;
  figures.overhead_bytes = core.overhead_bytes + playlist_.body_bytes();
  if (membership_)
    figures.overhead_bytes += services_http_->header_bytes() + membership_->overhead_bytes();
  figures.cdn_requests = core.cdn_requests;
  figures.cdn_errors = core.cdn_errors;
  figures.buffer_time = core.buffer_time;
  figures.delay = core.delay;
  figures.starvations = core.starvations;
  figures.starved_time = core.starved_time;
  figures.pool_allocated = core.pool_allocated;
  figures.pool_reused = core.pool_reused;
  return figures;
}

void Session::close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  close_by_ = now() + leave_within;
  meet_.disarm();
  mind_.leave();
  if (membership_)
    membership_->peers().leave();
  leave_.arm_in(leave_tick);
}

void Session::look_whether_left() {
  bool leaving = membership_ && membership_->leaving();
  if (leaving && now() < close_by_)
    return leave_.arm_in(leave_tick);
  std::exchange(closed_, {})();
}

} // namespace p2plive::viewer
