// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/options.h"

namespace p2plive::simulation {

using namespace console;
using core::Duration;

namespace {

constexpr const char* help_text =
    R"(Usage: p2plive-sim [OPTION]...

Simulates a swarm of viewers of one live stream in virtual time, on the very code that viewers run,
and measures how often the CDN sent the stream and how often anybody starved. The same options give
the same result, to the byte.

  --viewers N            how many watch (100)
  --seconds T            how long, counted from the last initial join (60)
  --steady S             the steady window begins S seconds after the last initial join (12)
  --scenario NAME        steady: joins spread over 10 s; flash: all join within 30 s
  --arrivals SECONDS     the initial joins are spread over so long
  --session SECONDS      mean time that a viewer stays; another one follows (0: nobody leaves)
  --bitrate BITS         of the stream, bits a second; 500k and 4M are understood (2M)
  --segment SECONDS      duration of a segment (2)
  --window N             segments in the playlist (6)
  --uplink-mean BITS     of the viewers' lines, from a published distribution (4M)
  --equal-uplinks        everybody has the mean
  --unreachable-pairs S  share of pairs that cannot connect, drawn from NAT types (0.3)
  --isolated S           share of viewers whom nobody reaches (0)
  --rtt MS[-MS]          round trip of a pair, drawn between the two (20-80)
  --loss S               share of messages that have to be sent again (0)
  --upload-limit KBIT    each viewer uploads at most so many kbit/s
  --live-delay SECONDS   behind the live edge, at the sink (8)
  --lead SECONDS         handed to the player ahead of time (3)
  --reserve SECONDS      what of it has to be handed out ahead of time (1)
  --max-peers N          connections of a viewer at most (60)
  --cdn-threshold SECONDS  what is missing so long before its time comes from the CDN (automatic)
  --seed-share S         share of viewers who fetch new data from the CDN (automatic)
  --seed N               of everything that is drawn (1)
  --sweep OPTION=V1,V2,...  one run after the other, each with another value of an option that is a
                         number, as in --sweep viewers=10,100,1000; prints a table
  --json FILE            write the figures there; - is standard output. With --sweep, a list
  --plot FILE.svg        draw copies and the CDN's rate over time, or with --sweep copies, stalls,
                         start-up and overhead against the values (needs gnuplot)
  --help                 this text

docs/simulator.md says what the figures mean. On a terminal, long runs show how far they are.
Ends with 0 when enough segments were measured (in every run), with 1 when not; with 2 when it could
not be asked so.
)";

bool parse_duration(const std::string& text, Duration& value) {
  Seconds seconds{};
  if (!parse_seconds(text, seconds))
    return false;
  value = std::chrono::duration_cast<Duration>(seconds);
  return true;
}

bool parse_rtt(const std::string& text, sim::NetworkSettings& network) {
  unsigned least = 0, most = 0;
  auto dash = text.find('-');
  if (!parse_number(text.substr(0, dash), least))
    return false;
  most = least;
  if (dash != std::string::npos && !parse_number(text.substr(dash + 1), most))
    return false;
  network.rtt_least = std::chrono::milliseconds(least);
  network.rtt_most = std::chrono::milliseconds(most);
  return least > 0 && least <= most && most <= 10'000;
}

bool parse_scenario(const std::string& text, sim::AudienceSettings& audience) {
  using namespace std::chrono_literals;
  audience.arrivals = text == "flash" ? 30s : 10s;
  return text == "flash" || text == "steady";
}

bool parse_uplink(const std::string& text, double& value) {
  std::uint64_t bits = 0;
  if (!parse_bits(text, bits))
    return false;
  value = static_cast<double>(bits);
  return true;
}

bool parse_limit(const std::string& text, std::optional<std::uint64_t>& bytes) {
  std::uint64_t kilobits = 0;
  if (!parse_number(text, kilobits) || kilobits > 1'000'000'000)
    return false;
  bytes = kilobits * 1000 / 8;
  return true;
}

template <typename Value, typename Parse>
Option to(Value& value, Parse parse) {
  return {true, [&value, parse](const std::string& text) { return parse(text, value); }};
}

void add_stream(OptionTable& table, Options& o) {
  auto& cdn = o.world.cdn;
  table["bitrate"] = to(cdn.bitrate, parse_bits);
  table["segment"] = to(cdn.segment, parse_duration);
  table["window"] = to(cdn.window, parse_number<std::uint64_t>);
  table["rtt"] = to(o.world.network, parse_rtt);
  table["loss"] = to(o.world.network.loss, parse_share);
}

void add_audience(OptionTable& table, Options& o) {
  auto& audience = o.audience;
  table["viewers"] = to(audience.viewers, parse_number<std::size_t>);
  table["scenario"] = to(audience, parse_scenario);
  table["arrivals"] = to(audience.arrivals, parse_duration);
  table["session"] = to(audience.session, parse_duration);
  table["uplink-mean"] = to(audience.uplink_mean, parse_uplink);
  table["equal-uplinks"] = {false, [&](auto&) { return audience.equal_uplinks = true; }};
  table["unreachable-pairs"] = to(audience.unreachable_pairs, parse_share);
  table["isolated"] = to(audience.isolated, parse_share);
}

void add_viewer(OptionTable& table, Options& o) {
  auto& viewer = o.viewer;
  table["upload-limit"] = to(viewer.upload_limit, parse_limit);
  table["live-delay"] = to(viewer.live_delay, parse_duration);
  table["lead"] = to(viewer.lead, parse_duration);
  table["reserve"] = to(viewer.reserve, parse_duration);
  table["max-peers"] = to(viewer.max_peers, parse_number<unsigned>);
  table["cdn-threshold"] = {
      true, [&](auto& text) { return parse_duration(text, viewer.cdn_threshold.emplace()); }};
  table["seed-share"] = {
      true, [&](auto& text) { return parse_share(text, viewer.seed_share.emplace()); }};
}

OptionTable table_for(Options& o) {
  OptionTable table;
  add_stream(table, o);
  add_audience(table, o);
  add_viewer(table, o);
  table["seconds"] = {true, [&](auto& text) { return parse_seconds(text, o.seconds); }};
  table["steady"] = {true, [&](auto& text) { return parse_seconds(text, o.steady); }};
  table["seed"] = to(o.seed, parse_number<std::uint64_t>);
  table["json"] = {true, [&](auto& text) { return !(o.json = text).empty(); }};
  table["plot"] = {true, [&](auto& text) { return !(o.plot = text).empty(); }};
  table["sweep"] = {true, [&](auto& text) { return !(o.sweep = text).empty(); }};
  return table;
}

/// What cannot be asked together; empty: all is well.
std::string contradiction(const Options& options) {
  using namespace std::chrono_literals;
  if (options.audience.viewers < 1 || options.audience.viewers > 1'000'000)
    return "--viewers is from 1 to 1000000";
  if (options.seconds <= options.steady)
    return "--seconds has to be longer than --steady";
  if (options.world.cdn.segment < 500ms || options.world.cdn.segment > 20s)
    return "--segment is from 0.5 to 20 seconds";
  if (options.world.cdn.window < 3 || options.world.cdn.window > 100)
    return "--window is from 3 to 100 segments";
  if (options.audience.unreachable_pairs > 0.7)
    return "--unreachable-pairs is 0.7 at most: one viewer in seven has an open NAT";
  return {};
}

} // namespace

tl::expected<Options, Usage> parse_options(int argc, char** argv) {
  Options options;
  if (auto usage = parse_command_line(argc, argv, program_name, help_text, table_for(options)))
    return tl::make_unexpected(*usage);
  if (auto why = contradiction(options); !why.empty())
    return tl::make_unexpected(wrong_usage(program_name, why));
  return options;
}

bool is_quantity(const std::string& option) {
  Options options;
  auto table = table_for(options);
  auto found = table.find(option);
  for (const auto* other : {"json", "plot", "sweep", "scenario"})
    if (option == other)
      return false;
  return found != table.end() && found->second.argument;
}

} // namespace p2plive::simulation
