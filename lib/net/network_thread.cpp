// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/network_thread.h"

#include <glib.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace p2plive::net {

// The mailbox is guarded by a std::mutex, and the thread's own GSource looks into it: GLib's queues
// would do, but ThreadSanitizer does not understand their locks.
//
// Life: the thread and every NetworkThread hold the loop. The last NetworkThread sets `quit`; the
// thread then empties the mailbox, lets go of what is left in the context, and ends.
struct NetworkThread::Loop {
  GMainContext* context = g_main_context_new();
  std::thread thread;
  std::thread::id id;

  std::mutex mutex; ///< guards what follows; a leaf lock, never held while a task runs
  std::condition_variable changed;
  std::deque<std::function<void()>> mailbox;
  bool quit = false;
  bool ended = false;

  ~Loop() { g_main_context_unref(context); }

  bool has_mail() {
    std::lock_guard lock(mutex);
    return !mailbox.empty();
  }
  bool must_end() {
    std::lock_guard lock(mutex);
    return quit && mailbox.empty();
  }
  void run_mail();
  void run();
  void drain();
  void wait_until_ended() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return ended; });
  }
};

namespace {

template <typename Loop>
struct Mailbox {
  GSource source;
  Loop* loop;

  static gboolean prepare(GSource* source, gint* timeout) {
    *timeout = -1;
    return check(source);
  }
  static gboolean check(GSource* source) {
    return reinterpret_cast<Mailbox*>(source)->loop->has_mail();
  }
  static gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
    reinterpret_cast<Mailbox*>(source)->loop->run_mail();
    return G_SOURCE_CONTINUE;
  }
  static inline GSourceFuncs functions{prepare, check, dispatch, nullptr, nullptr, nullptr};
};

} // namespace

// Only what was there at the beginning, so that tasks that post tasks do not starve the sockets.
void NetworkThread::Loop::run_mail() {
  std::deque<std::function<void()>> batch;
  {
    std::lock_guard lock(mutex);
    batch.swap(mailbox);
  }
  while (!batch.empty()) {
    auto task = std::move(batch.front());
    batch.pop_front();
    task();
  }
}

// Cancelled operations complete in a later iteration; without it their memory would leak. Bounded,
// for a source that is always ready must not keep the thread.
void NetworkThread::Loop::drain() {
  for (int i = 0; i < 1000 && g_main_context_iteration(context, FALSE); ++i)
    ;
}

void NetworkThread::Loop::run() {
  g_main_context_push_thread_default(context);
  auto* source = g_source_new(&Mailbox<Loop>::functions, sizeof(Mailbox<Loop>));
  reinterpret_cast<Mailbox<Loop>*>(source)->loop = this;
  g_source_set_static_name(source, "p2plive mailbox");
  g_source_attach(source, context);
  while (!must_end())
    g_main_context_iteration(context, TRUE);
  drain();
  g_source_destroy(source);
  g_source_unref(source);
  g_main_context_pop_thread_default(context);
  std::lock_guard lock(mutex);
  ended = true;
  changed.notify_all();
}

std::shared_ptr<NetworkThread> NetworkThread::share() {
  // The one global: who holds the thread, and the loop that may still be ending.
  static struct Token {
    std::mutex mutex;
    std::weak_ptr<NetworkThread> holder;
    std::weak_ptr<Loop> loop;
  } token;

  std::lock_guard lock(token.mutex);
  if (auto shared = token.holder.lock())
    return shared;
  // Two threads must never overlap: libraries that are global to the process live on the one.
  if (auto ending = token.loop.lock(); ending && ending->id != std::this_thread::get_id())
    ending->wait_until_ended();
  auto loop = std::make_shared<Loop>();
  std::shared_ptr<NetworkThread> shared(new NetworkThread(loop));
  token.holder = shared;
  token.loop = loop;
  return shared;
}

NetworkThread::NetworkThread(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {
  loop_->thread = std::thread([loop = loop_] { loop->run(); });
  loop_->id = loop_->thread.get_id();
}

NetworkThread::~NetworkThread() {
  {
    std::lock_guard lock(loop_->mutex);
    loop_->quit = true;
  }
  g_main_context_wakeup(loop_->context);
  if (is_current())
    loop_->thread.detach();
  else
    loop_->thread.join();
}

void NetworkThread::post(std::function<void()> task) {
  {
    std::lock_guard lock(loop_->mutex);
    loop_->mailbox.push_back(std::move(task));
  }
  g_main_context_wakeup(loop_->context);
}

bool NetworkThread::is_current() const {
  return std::this_thread::get_id() == loop_->id;
}

GMainContext* NetworkThread::context() const {
  return loop_->context;
}

} // namespace p2plive::net
