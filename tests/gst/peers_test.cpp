// p2plivesrc tells an application of the viewers it meets; with real services.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../viewer/server.h"
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream;     ///< of main()
std::string* index_uri; ///< of main()

std::string source() {
  return "p2plivesrc name=src live-delay=5000000000 lead=1000000000 uri=" + stream->url() +
         " index-uri=" + *index_uri + " ! fakesink";
}

/// What the signals say, and on which thread.
class Signals {
public:
  explicit Signals(Pipeline& pipeline) : pipeline_(pipeline) {
    source_ = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
    g_signal_connect(source_, "peer-added", G_CALLBACK(on_added), this);
    g_signal_connect(source_, "peer-removed", G_CALLBACK(on_removed), this);
    auto* pad = gst_element_get_static_pad(source_, "src");
    auto* probe = +[](GstPad*, GstPadProbeInfo*, gpointer self) {
      auto& me = *static_cast<Signals*>(self);
      std::lock_guard guard(me.lock_);
      me.streaming_thread_ = g_thread_self();
      return GST_PAD_PROBE_OK;
    };
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, this, nullptr);
    gst_object_unref(pad);
  }
  /// Stops the pipeline, whose threads use this.
  ~Signals() {
    pipeline_.set_state(GST_STATE_NULL);
    gst_object_unref(source_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::vector<std::string> added() const {
    std::lock_guard guard(lock_);
    return added_;
  }
  std::vector<std::string> removed() const {
    std::lock_guard guard(lock_);
    return removed_;
  }
  /// Every signal came from the thread that pushes buffers.
  bool from_the_streaming_thread() const {
    std::lock_guard guard(lock_);
    return std::all_of(threads_.begin(), threads_.end(),
                       [this](auto* thread) { return thread == streaming_thread_; });
  }
  std::string peer_id() const {
    GstStructure* stats = nullptr;
    g_object_get(source_, "stats", &stats, nullptr);
    std::string id = gst_structure_get_string(stats, "peer-id");
    gst_structure_free(stats);
    return id;
  }

private:
  static void on_added(GstElement*, const char* peer, Signals* self) {
    (void)self->peer_id(); // may be asked for from within
    std::lock_guard guard(self->lock_);
    self->added_.emplace_back(peer);
    self->threads_.push_back(g_thread_self());
  }
  static void on_removed(GstElement*, const char* peer, const char* reason, Signals* self) {
    std::lock_guard guard(self->lock_);
    if (reason && *reason)
      self->removed_.emplace_back(peer);
    self->threads_.push_back(g_thread_self());
  }

  Pipeline& pipeline_;
  GstElement* source_;
  mutable std::mutex lock_;
  std::vector<std::string> added_, removed_;
  std::vector<GThread*> threads_;
  GThread* streaming_thread_ = nullptr;
};

} // namespace

// Rule: peer-added and peer-removed name the viewer that came and went, and come from the streaming
// thread, where properties can be read.
GST_START_TEST(peers_are_told_of) {
  Pipeline one(source());
  Signals signals(one);
  one.set_state(GST_STATE_PLAYING);
  std::string other_id;
  {
    Pipeline other(source());
    Signals others(other);
    other.set_state(GST_STATE_PLAYING);
    fail_unless(one.wait([&] { return !signals.added().empty() && !others.added().empty(); }, 40s),
                "they do not meet: %s", one.first_error().c_str());
    other_id = others.peer_id();
    fail_unless(signals.added() == std::vector{other_id});
    fail_unless(others.added() == std::vector{signals.peer_id()});
    fail_unless(signals.removed().empty());
  }
  fail_unless(one.wait([&] { return !signals.removed().empty(); }, 10s), "it was not told");
  fail_unless(signals.removed() == std::vector{other_id});
  fail_unless(signals.from_the_streaming_thread());
}
GST_END_TEST;

// Rule: how many peers there may be can change while the stream plays: from none, and to none.
GST_START_TEST(peers_may_be_wanted_later) {
  Pipeline one(source());
  Signals signals(one);
  auto* element = gst_bin_get_by_name(GST_BIN(one.get()), "src");
  g_object_set(element, "max-peers", 0, nullptr);
  one.set_state(GST_STATE_PLAYING);
  Pipeline other(source());
  Signals others(other);
  other.set_state(GST_STATE_PLAYING);
  fail_unless(one.wait([&] { return one.sent_count() > 0 && other.sent_count() > 0; }, 20s));
  g_object_set(element, "max-peers", 5, nullptr);
  fail_unless(one.wait([&] { return !signals.added().empty() && !others.added().empty(); }, 40s),
              "they do not meet: %s", one.first_error().c_str());
  fail_unless(signals.removed().empty());
  g_object_set(element, "max-peers", 0, nullptr);
  fail_unless(one.wait([&] { return !signals.removed().empty(); }, 10s), "it keeps its peer");
  gst_object_unref(element);
}
GST_END_TEST;

static Suite* peers_suite() {
  auto* suite = suite_create("peers");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, peers_are_told_of);
  tcase_add_test(tests, peers_may_be_wanted_later);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live;
  processes::ServiceOptions options;
  options.directory = live.root().parent_path();
  auto mosquitto = processes::start_mosquitto(options);
  if (!mosquitto) {
    g_printerr("%s\n", mosquitto.error().c_str());
    return 1;
  }
  test::Server server(mosquitto->port);
  auto index = server.index_uri();
  live.wait_for_segments(6);
  stream = &live;
  index_uri = &index;
  return gst_check_run_suite(peers_suite(), "peers", __FILE__);
}
