// The one thread of the network: a private GMainContext, shared by every viewer of the process,
// created with the first and joined with the last.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>

typedef struct _GMainContext GMainContext;

namespace p2plive::net {

class NetworkThread {
public:
  /// The process's thread; started when nobody held it. Any thread but the network thread itself.
  /// The last holder to let go joins it; when that happens on the network thread, it ends itself.
  static std::shared_ptr<NetworkThread> share();
  ~NetworkThread();
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  /// Runs `task` on the network thread, in the order of posting. Any thread; never blocks.
  void post(std::function<void()> task);

  /// True on the network thread.
  bool is_current() const;

  GMainContext* context() const;

private:
  struct Loop;
  explicit NetworkThread(std::shared_ptr<Loop> loop);
  std::shared_ptr<Loop> loop_;
};

} // namespace p2plive::net
