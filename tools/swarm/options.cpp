// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/options.h"

#include "swarm/cdn_faults.h"

#include <algorithm>
#include <sstream>

namespace p2plive::bench {

using namespace console;

namespace {

constexpr const char* help_text =
    R"(Usage: p2plive-swarm [OPTION]...

Plays one live stream to a swarm of viewers on this machine, each a process of its own, and measures
how often the CDN sent it and how often anybody stalled. Encoder, CDN (nginx), broker (mosquitto),
STUN (coturn) and p2plive-server are started, and everything ends with the run.

  --viewers N            how many watch (4)
  --seconds T            how long, counted from the last initial join (60)
  --steady S             the steady window begins S seconds after the last initial join (12)
  --bitrate BITS         of the stream, bits a second; 500k and 4M are understood (2M)
  --segment SECONDS      duration of a segment (2)
  --window N             segments in the playlist (6)
  --uri URL              any other live HLS stream instead of the encoder's
  --churn K:SECONDS      every SECONDS K viewers leave and K join
  --joins K:SECONDS      every SECONDS of the steady window K pairs join and stay for 20 s: a viewer
                         that shares, and to compare with one that plays from the CDN alone, which
                         is counted nowhere else
  --upload-limit KBIT    each viewer uploads at most so many kbit/s
  --live-delay SECONDS   behind the live edge, at the sink
  --lead SECONDS         handed to the player ahead of time
  --no-decode            demux and keep the clock, but decode nothing
  --verify               compare what each viewer got with what the CDN serves, byte for byte
  --json FILE            write the figures there; - is standard output
  --fault WHAT@T[-U],... kill WHAT (mosquitto, server, coturn, nginx, viewer, viewer-K) T seconds
                         after the last initial join, and start it again at U; or the CDN does
                         WHAT from T until U: cdn-errors (503), cdn-slow, cdn-stalls
  --services-from T      server, broker and STUN are dead until T
  --keep                 keep logs and segments
  --help                 this text

Ends with 0 when the run was valid, nobody stalled and everything asked for was verified; with 1
when not; with 2 when it could not be asked so.
)";

/// Churn or Joins: "K:SECONDS".
template <typename Repeated>
bool parse_repeated(const std::string& text, std::optional<Repeated>& value) {
  auto colon = text.find(':');
  Repeated result;
  if (colon == std::string::npos || !parse_number(text.substr(0, colon), result.count) ||
      !parse_seconds(text.substr(colon + 1), result.every) || !result.count ||
      result.every < Seconds(1))
    return false;
  value = result;
  return true;
}

bool known_fault(const std::string& name) {
  unsigned number = 0;
  return name == "mosquitto" || name == "server" || name == "coturn" || name == "nginx" ||
         name == "viewer" || is_cdn_fault(name) ||
         (name.rfind("viewer-", 0) == 0 && parse_number(name.substr(7), number));
}

bool parse_faults(const std::string& text, std::vector<Fault>& faults) {
  std::stringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    Fault fault;
    auto at = item.find('@');
    if (at == std::string::npos)
      return false;
    fault.name = item.substr(0, at);
    auto times = item.substr(at + 1);
    if (auto dash = times.find('-'); dash != std::string::npos) {
      if (!parse_seconds(times.substr(dash + 1), fault.back))
        return false;
      times.resize(dash);
    }
    if (!known_fault(fault.name) || !parse_seconds(times, fault.at) ||
        (fault.back && *fault.back < fault.at))
      return false;
    faults.push_back(std::move(fault));
  }
  return !faults.empty();
}

bool of_own_cdn(const Fault& fault) {
  return fault.name == "nginx" || is_cdn_fault(fault.name);
}

/// What cannot be asked together; empty: all is well.
std::string contradiction(const Options& options) {
  if (options.viewers < 1 || options.viewers > 1000)
    return "--viewers is from 1 to 1000";
  if (options.churn && options.churn->count >= options.viewers)
    return "--churn has to leave somebody who stays: fewer than --viewers";
  if (options.seconds <= options.steady)
    return "--seconds has to be longer than --steady";
  if (options.joins && options.seconds < options.steady + pair_stays + Seconds(1))
    return "--joins needs 21 seconds after --steady";
  if (options.segment < Seconds(0.5) || options.segment > Seconds(20))
    return "--segment is from 0.5 to 20 seconds";
  if (options.window < 3 || options.window > 100)
    return "--window is from 3 to 100 segments";
  if (options.bitrate < 200'000)
    return "--bitrate is 200k at least";
  if (!options.uri.empty() && options.verify)
    return "--verify compares with what the run's own encoder made: it does not go with --uri";
  if (!options.uri.empty() && std::ranges::any_of(options.faults, of_own_cdn))
    return "--fault can harm the run's own CDN only: nginx and cdn-... do not go with --uri";
  if (!options.uri.empty() && options.uri.rfind("http://", 0) && options.uri.rfind("https://", 0))
    return "--uri is a http:// or https:// address of an HLS playlist";
  return {};
}

OptionTable table_for(Options& o) {
  return {
      {"viewers", {true, [&o](auto& text) { return parse_number(text, o.viewers); }}},
      {"seconds", {true, [&o](auto& text) { return parse_seconds(text, o.seconds); }}},
      {"steady", {true, [&o](auto& text) { return parse_seconds(text, o.steady); }}},
      {"bitrate", {true, [&o](auto& text) { return parse_bits(text, o.bitrate); }}},
      {"segment", {true, [&o](auto& text) { return parse_seconds(text, o.segment); }}},
      {"window", {true, [&o](auto& text) { return parse_number(text, o.window); }}},
      {"uri", {true, [&o](auto& text) { return !(o.uri = text).empty(); }}},
      {"churn", {true, [&o](auto& text) { return parse_repeated(text, o.churn); }}},
      {"joins", {true, [&o](auto& text) { return parse_repeated(text, o.joins); }}},
      {"upload-limit",
       {true, [&o](auto& text) { return parse_number(text, o.upload_limit.emplace()); }}},
      {"live-delay", {true, [&o](auto& text) { return parse_seconds(text, o.live_delay); }}},
      {"lead", {true, [&o](auto& text) { return parse_seconds(text, o.lead); }}},
      {"no-decode", {false, [&o](auto&) { return !(o.decode = false); }}},
      {"verify", {false, [&o](auto&) { return o.verify = true; }}},
      {"json", {true, [&o](auto& text) { return !(o.json = text).empty(); }}},
      {"fault", {true, [&o](auto& text) { return parse_faults(text, o.faults); }}},
      {"services-from", {true, [&o](auto& text) { return parse_seconds(text, o.services_from); }}},
      {"keep", {false, [&o](auto&) { return o.keep = true; }}},
  };
}

} // namespace

tl::expected<Options, Usage> parse_options(int argc, char** argv) {
  Options options;
  if (auto usage = parse_command_line(argc, argv, "p2plive-swarm", help_text, table_for(options)))
    return tl::make_unexpected(*usage);
  if (auto why = contradiction(options); !why.empty())
    return tl::make_unexpected(wrong_usage("p2plive-swarm", why));
  return options;
}

} // namespace p2plive::bench
