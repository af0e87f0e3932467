// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/network_thread.h"

#include <atomic>
#include <chrono>
#include <future>
#include <glib.h>
#include <thread>
#include <vector>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::net;

static constexpr auto deadline = std::chrono::seconds(10);

template <typename T>
static T get(std::future<T> future) {
  fail_unless(future.wait_for(deadline) == std::future_status::ready, "the task never ran");
  return future.get();
}

// Rule: whoever asks while somebody holds it gets the same thread.
GST_START_TEST(one_thread_is_shared) {
  auto first = NetworkThread::share();
  auto second = NetworkThread::share();
  fail_unless(first == second);
  fail_if(first->is_current());
}
GST_END_TEST;

// Rule: a task runs on the network thread, whose thread-default context is the context.
GST_START_TEST(tasks_run_on_the_thread) {
  auto thread = NetworkThread::share();
  std::promise<bool> right;
  thread->post([&] {
    right.set_value(thread->is_current() &&
                    g_main_context_get_thread_default() == thread->context() &&
                    g_main_context_is_owner(thread->context()));
  });
  fail_unless(get(right.get_future()));
}
GST_END_TEST;

// Rule: the tasks of each poster run in the order of posting, and none is lost.
GST_START_TEST(tasks_keep_their_order) {
  constexpr int posters = 4, each = 2000;
  auto thread = NetworkThread::share();
  std::vector<int> next(posters, 0); // touched by the network thread only
  int wrong = 0;
  std::vector<std::thread> threads;
  for (int poster = 0; poster < posters; ++poster)
    threads.emplace_back([&, poster] {
      for (int i = 0; i < each; ++i)
        thread->post([&, poster, i] { wrong += next[poster]++ != i; });
    });
  for (auto& poster : threads)
    poster.join();
  std::promise<int> result;
  thread->post([&] { result.set_value(wrong); });
  fail_unless_equals_int(get(result.get_future()), 0);
  for (int count : next)
    fail_unless_equals_int(count, each);
}
GST_END_TEST;

// Rule: tasks that post tasks without end do not keep other sources from running.
GST_START_TEST(tasks_do_not_starve_sources) {
  std::atomic<bool> stop = false;
  std::promise<void> ticked;
  std::function<void()> again;
  auto thread = NetworkThread::share(); // after what its tasks use: it joins
  again = [&stop, &again, network = thread.get()] {
    if (!stop)
      network->post(again);
  };
  thread->post(again);
  thread->post([&] {
    auto* source = g_idle_source_new();
    g_source_set_callback(
        source,
        +[](gpointer data) -> gboolean {
          static_cast<std::promise<void>*>(data)->set_value();
          return G_SOURCE_REMOVE;
        },
        &ticked, nullptr);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_attach(source, thread->context());
    g_source_unref(source);
  });
  get(ticked.get_future());
  stop = true;
}
GST_END_TEST;

// Rule: the last to let go on another thread joins it, after all that was posted has run.
GST_START_TEST(letting_go_runs_what_was_posted) {
  int ran = 0; // not atomic: the join is what makes it safe to read
  auto thread = NetworkThread::share();
  for (int i = 0; i < 1000; ++i)
    thread->post([&] { ++ran; });
  thread = nullptr;
  fail_unless_equals_int(ran, 1000);
}
GST_END_TEST;

// Rule: the last reference may be dropped on the network thread itself, which then ends itself;
// the next to ask gets a working thread, and the two never overlap.
GST_START_TEST(letting_go_on_the_thread_itself) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<bool> ending = false;
    std::promise<void> go;
    auto held = NetworkThread::share();
    auto* raw = held.get();
    raw->post([&ending, gate = go.get_future().share(), held = std::move(held)]() mutable {
      gate.wait();
      held = nullptr;
      ending = true;
    });
    go.set_value();
    auto next = NetworkThread::share();
    std::promise<bool> before;
    next->post([&] { before.set_value(next->is_current()); });
    fail_unless(get(before.get_future()));
    // Either it was still shared, or the former thread has ended before this one began.
    next = nullptr;
    while (!ending)
      std::this_thread::yield();
  }
}
GST_END_TEST;

// Rule: threads that come and go at the same time always find one working thread.
GST_START_TEST(many_share_and_let_go) {
  std::atomic<int> ran = 0, running = 0, overlaps = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        auto thread = NetworkThread::share();
        thread->post([&] {
          overlaps += running++ != 0;
          ++ran;
          --running;
        });
      }
    });
  for (auto& thread : threads)
    thread.join();
  NetworkThread::share(); // waits for a thread that is still ending
  fail_unless_equals_int(ran, 400);
  fail_unless_equals_int(overlaps, 0);
}
GST_END_TEST;

static Suite* network_thread_suite() {
  auto* suite = suite_create("network_thread");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, one_thread_is_shared);
  tcase_add_test(tcase, tasks_run_on_the_thread);
  tcase_add_test(tcase, tasks_keep_their_order);
  tcase_add_test(tcase, tasks_do_not_starve_sources);
  tcase_add_test(tcase, letting_go_runs_what_was_posted);
  tcase_add_test(tcase, letting_go_on_the_thread_itself);
  tcase_add_test(tcase, many_share_and_let_go);
  return suite;
}

GST_CHECK_MAIN(network_thread)
