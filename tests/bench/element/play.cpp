// Plays a pipeline and measures the process that does: this one. Prints one line of JSON.
//
//   element-play steady WARM SECONDS PIPELINE
//   element-play start PIPELINE
//
// "steady" measures for SECONDS, WARM seconds after the first buffer; "start" measures the time
// from PLAYING to the first buffer at "screen". PIPELINE is as gst-launch has it, with these names:
// "source" hands out bytes, which are counted; "screen" is the sink at the end; of what "demux"
// finds the picture goes to "picture", or to "screen" where there is none of that name, the sound
// to "sound". tests/bench/element.sh runs it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "count.h"

#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <string>
#include <sys/resource.h>

using p2plive::bench::Counts;

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds most_start{30};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "element-play: %s\n", why.c_str());
  std::_Exit(1);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return double(time.tv_sec) + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// A line of /proc/self/status: VmRSS, VmHWM (the most that VmRSS ever was).
long memory_kb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":"))
      return std::stol(line.substr(name.size() + 1));
  return 0;
}

/// Null: count.cpp was not preloaded.
const Counts* counts() {
  return static_cast<const Counts*>(dlsym(RTLD_DEFAULT, "p2plive_bench_counts"));
}

/// What has passed a pad; written on a streaming thread.
struct Passed {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> buffers{0};
  std::atomic<std::int64_t> first{0}; ///< when the first buffer came, ns of the clock; 0: none yet
};

void note(Passed& passed, GstBuffer* buffer) {
  passed.bytes += gst_buffer_get_size(buffer);
  ++passed.buffers;
  if (passed.first == 0)
    passed.first = Clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

GstPadProbeReturn buffer_passes(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& passed = *static_cast<Passed*>(data);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    note(passed, gst_pad_probe_info_get_buffer(info));
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    auto* list = gst_pad_probe_info_get_buffer_list(info);
    for (guint place = 0; place < gst_buffer_list_length(list); ++place)
      note(passed, gst_buffer_list_get(list, place));
  }
  return GST_PAD_PROBE_OK;
}

void watch(GstElement* pipeline, const char* element, const char* pad_name, Passed& passed) {
  auto* found = gst_bin_get_by_name(GST_BIN(pipeline), element);
  auto* pad = found ? gst_element_get_static_pad(found, pad_name) : nullptr;
  if (pad) {
    auto type = GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    gst_pad_add_probe(pad, type, buffer_passes, &passed, nullptr);
    gst_object_unref(pad);
  }
  gst_clear_object(&found);
}

void pad_added(GstElement*, GstPad* pad, gpointer pipeline) {
  bool picture = g_str_has_prefix(GST_PAD_NAME(pad), "video");
  auto* to = gst_bin_get_by_name(GST_BIN(pipeline), picture ? "picture" : "sound");
  if (!to && picture)
    to = gst_bin_get_by_name(GST_BIN(pipeline), "screen");
  auto* sink = to ? gst_element_get_static_pad(to, "sink") : nullptr;
  if (!sink || gst_pad_link(pad, sink) != GST_PAD_LINK_OK)
    give_up("a pad cannot be linked");
  gst_object_unref(sink);
  gst_object_unref(to);
}

/// hlsdemux2 loads what it plugs while it starts; the others have it loaded by then. It is the time
/// of the elements that is to be measured, not the dynamic linker's.
void load_plugins() {
  for (const char* name : {"tsdemux", "h264parse", "aacparse", "avdec_h264"})
    if (auto* element = gst_element_factory_make(name, nullptr))
      gst_object_unref(gst_object_ref_sink(element));
}

class Play {
public:
  explicit Play(const char* description) {
    GError* error = nullptr;
    pipeline_ = gst_parse_launch(description, &error);
    if (error)
      give_up(error->message);
    // hlsdemux2 refuses to work where nobody could choose among its streams.
    GST_OBJECT_FLAG_SET(pipeline_, GST_BIN_FLAG_STREAMS_AWARE);
    watch(pipeline_, "source", "src", source);
    watch(pipeline_, "screen", "sink", screen);
    if (auto* demux = gst_bin_get_by_name(GST_BIN(pipeline_), "demux")) {
      g_signal_connect(demux, "pad-added", G_CALLBACK(pad_added), pipeline_);
      gst_object_unref(demux);
    }
    began_ = Clock::now();
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  }

  ~Play() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
  }

  /// Ends the process at an error, and when the stream ends: neither belongs into a measurement.
  void wait_until(Clock::time_point time) {
    auto* bus = gst_element_get_bus(pipeline_);
    for (auto now = Clock::now(); now < time; now = Clock::now()) {
      auto left = static_cast<GstClockTime>((time - now) / std::chrono::nanoseconds(1));
      auto types = GstMessageType(GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
      if (auto* message = gst_bus_timed_pop_filtered(bus, left, types))
        give_up(why(message));
    }
    gst_object_unref(bus);
  }

  void wait_for_first() {
    while (screen.first == 0) {
      if (Clock::now() - began_ > most_start)
        give_up("nothing came");
      wait_until(Clock::now() + std::chrono::milliseconds(5));
    }
  }

  /// From PLAYING to the first buffer at "screen".
  double start_ms() const {
    auto since_epoch = Clock::duration(std::chrono::nanoseconds(screen.first));
    return std::chrono::duration<double, std::milli>(Clock::time_point(since_epoch) - began_)
        .count();
  }

  Passed source, screen;

private:
  static std::string why(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
      return "the stream has ended";
    GError* error = nullptr;
    gchar* details = nullptr;
    gst_message_parse_error(message, &error, &details);
    return std::string(error->message) + " " + (details ? details : "");
  }

  GstElement* pipeline_ = nullptr;
  Clock::time_point began_;
};

/// What grows while a pipeline plays.
struct Reading {
  explicit Reading(const Play& play)
      : cpu(cpu_seconds()), at(Clock::now()), bytes(play.source.bytes),
        buffers(play.screen.buffers) {
    if (auto* found = counts())
      counted = *found;
  }
  double cpu;
  Clock::time_point at;
  std::uint64_t bytes, buffers;
  Counts counted{};
};

void print(const Reading& from, const Reading& to) {
  std::printf("{\"seconds\": %.3f, \"cpu\": %.5f, \"source_bytes\": %llu, \"buffers\": %llu, "
              "\"rss_kb\": %ld, \"rss_peak_kb\": %ld",
              Seconds(to.at - from.at).count(), to.cpu - from.cpu,
              static_cast<unsigned long long>(to.bytes - from.bytes),
              static_cast<unsigned long long>(to.buffers - from.buffers), memory_kb("VmRSS"),
              memory_kb("VmHWM"));
  auto print_count = [&](const char* name, std::uint64_t Counts::*count) {
    std::printf(", \"%s\": %llu", name,
                static_cast<unsigned long long>(to.counted.*count - from.counted.*count));
  };
  if (counts()) {
    print_count("allocations", &Counts::allocations);
    print_count("allocated_bytes", &Counts::allocated_bytes);
    print_count("copies", &Counts::copies);
    print_count("copied_bytes", &Counts::copied_bytes);
    print_count("reads", &Counts::reads);
    print_count("read_bytes", &Counts::read_bytes);
  }
  std::puts("}");
}

void measure_steady(Seconds warm, Seconds time, const char* description) {
  Play play(description);
  play.wait_for_first();
  auto begin = Clock::now() + std::chrono::duration_cast<Clock::duration>(warm);
  play.wait_until(begin);
  Reading from(play);
  play.wait_until(begin + std::chrono::duration_cast<Clock::duration>(time));
  print(from, Reading(play));
}

void measure_start(const char* description) {
  load_plugins();
  Play play(description);
  play.wait_for_first();
  std::printf("{\"start_ms\": %.1f}\n", play.start_ms());
}

} // namespace

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  std::string what = argc > 1 ? argv[1] : "";
  if (what == "steady" && argc == 5) {
    measure_steady(Seconds(std::atof(argv[2])), Seconds(std::atof(argv[3])), argv[4]);
  } else if (what == "start" && argc == 3) {
    measure_start(argv[2]);
  } else {
    std::fputs("usage: element-play steady WARM SECONDS PIPELINE | start PIPELINE\n", stderr);
    return 2;
  }
  return 0;
}
