// The public shell: checks, posts to the network thread, and keeps only what crosses threads.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/viewer.h"

#include "net/network_thread.h"
#include "viewer/http_options.h"
#include "viewer/options.h"
#include "viewer/output_queue.h"
#include "viewer/sessions.h"
#include "viewer/statistics_snapshot.h"
#include "viewer/unpacker.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace p2plive {

using namespace std::chrono_literals;

namespace {

constexpr auto close_within = 2s;

/// Anything but a Delivery.
Output to_output(viewer::Popped&& popped) {
  return std::visit(
      [](auto& it) -> Output {
        if constexpr (std::is_constructible_v<Output, decltype(it)>)
          return std::move(it);
        else
          return NotYet{};
      },
      popped);
}

/// What posted tasks reach the sessions by. Its members belong to the network thread.
struct Slot {
  std::unique_ptr<viewer::Sessions> sessions;
  std::shared_ptr<net::NetworkThread> thread; ///< so that a late close still finds its thread
};

/// Raised once, by the network thread.
class ClosedFlag {
public:
  void raise() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }
  void wait(std::chrono::nanoseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, std::chrono::steady_clock::now() + patience,
                        [this] { return closed_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
};

/// The sessions go first, then its hold on the thread, so that whoever waits for the flag is the
/// last holder and joins the thread.
void dismiss(const std::shared_ptr<Slot>& slot, const std::shared_ptr<ClosedFlag>& closed) {
  slot->sessions.reset();
  slot->thread.reset();
  closed->raise();
}

void close(const std::shared_ptr<Slot>& slot, const std::shared_ptr<ClosedFlag>& closed) {
  if (!slot->sessions)
    return dismiss(slot, closed);
  slot->sessions->close([slot, closed] {
    // Not from within the sessions.
    slot->thread->post([slot, closed] { dismiss(slot, closed); });
  });
}

} // namespace

class Viewer::Impl {
public:
  explicit Impl(const ViewerOptions& options)
      : thread_(net::NetworkThread::share()), slot_(std::make_shared<Slot>()),
        statistics_(std::make_shared<viewer::StatisticsSnapshot>()) {
    slot_->thread = thread_;
    output_ = std::make_shared<viewer::OutputQueue>(
        [this] { post([](viewer::Sessions& sessions) { sessions.taken(); }); },
        viewer::to_portions(options));
    thread_->post([slot = slot_, options, output = output_, statistics = statistics_,
                   opened = std::chrono::steady_clock::now()] {
      slot->sessions = std::make_unique<viewer::Sessions>(
          slot->thread->context(), options, viewer::Sessions::Crossings{output, statistics},
          opened);
      slot->sessions->start();
    });
  }

  ~Impl() {
    output_->interrupt(true);
    auto closed = std::make_shared<ClosedFlag>();
    thread_->post([slot = std::move(slot_), closed] { close(slot, closed); });
    closed->wait(close_within);
  }

  /// Does `what` with the sessions on the network thread, while there is one.
  template <typename What>
  void post(What what) {
    thread_->post([slot = std::weak_ptr(slot_), what = std::move(what)] {
      if (auto there = slot.lock(); there && there->sessions)
        what(*there->sessions);
    });
  }

  std::shared_ptr<net::NetworkThread> thread_;
  std::shared_ptr<Slot> slot_;
  std::shared_ptr<viewer::OutputQueue> output_;
  viewer::Unpacker unpacker_;
  std::shared_ptr<viewer::StatisticsSnapshot> statistics_;
};

std::variant<std::unique_ptr<Viewer>, Error> Viewer::open(ViewerOptions options) {
  if (auto error = viewer::check(options))
    return *error;
  if (auto error = viewer::load_authorities(options.http))
    return *error;
  try {
    return std::unique_ptr<Viewer>(new Viewer(std::make_unique<Impl>(options)));
  } catch (const std::system_error& error) { // of std::thread
    return Error{Error::Kind::open,
                 "The system has no room for another thread; close other programs.", error.what()};
  }
}

Viewer::Viewer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Viewer::~Viewer() = default;

Output Viewer::pop(std::optional<std::chrono::nanoseconds> playing,
                   std::optional<std::chrono::steady_clock::time_point> deadline,
                   std::optional<std::chrono::nanoseconds> ahead) {
  for (;;) {
    // Before what is ready, so that an interrupt is heard at once.
    if (impl_->output_->interrupted())
      return Interrupted{};
    if (auto ready = impl_->unpacker_.take())
      return *std::move(ready);
    auto popped = impl_->output_->pop(playing, deadline, ahead);
    if (auto* delivery = std::get_if<viewer::Delivery>(&popped))
      impl_->unpacker_.put(std::move(*delivery));
    else
      return to_output(std::move(popped));
  }
}

void Viewer::interrupt(bool on) {
  impl_->output_->interrupt(on);
}

ViewerStatistics Viewer::statistics() const {
  return impl_->statistics_->read();
}

void Viewer::set_upload_limit(std::optional<std::uint64_t> bits_per_second) {
  impl_->post([=](viewer::Sessions& sessions) { sessions.set_upload_limit(bits_per_second); });
}

void Viewer::set_max_peers(unsigned peers) {
  impl_->post([=](viewer::Sessions& sessions) { sessions.set_max_peers(peers); });
}

} // namespace p2plive
