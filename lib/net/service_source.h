// Serves connections fairly from one high-priority GSource.
//
// libnice calls its receive callback until a socket would block; answering there starves every
// other connection (gaps of a second with 50 of them). So the callback only queues, and what was
// queued is served from here, each connection with a budget, before any socket is read again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <vector>

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace p2plive::net {

/// Something that is served when it asked for it.
class Served {
public:
  virtual ~Served() = default;
  /// Does a bounded amount of work; true when there is more to do.
  virtual bool serve() = 0;

private:
  friend class ServiceSource;
  bool scheduled_ = false;
};

/// All calls and its destruction on the context's thread. It may be destroyed while it serves.
class ServiceSource {
public:
  explicit ServiceSource(GMainContext* context);
  ~ServiceSource();
  ServiceSource(const ServiceSource&) = delete;
  ServiceSource& operator=(const ServiceSource&) = delete;

  /// Has `served` served in the next iteration; any number of times before that is once. One that
  /// is gone by then is passed over.
  void schedule(const std::shared_ptr<Served>& served);

private:
  using Ready = std::vector<std::weak_ptr<Served>>;
  static void serve_all(const std::shared_ptr<Ready>& ready);
  struct Functions;
  std::shared_ptr<Ready> ready_;
  GSource* source_;
};

} // namespace p2plive::net
