// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/service_source.h"

#include <glib.h>

#include <utility>

namespace p2plive::net {

struct ServiceSource::Functions {
  struct Source {
    GSource source;
    std::shared_ptr<Ready>* ready;
  };

  static bool any(GSource* source) { return !(*reinterpret_cast<Source*>(source)->ready)->empty(); }
  static gboolean prepare(GSource* source, int* timeout) {
    *timeout = -1;
    return any(source);
  }
  static gboolean check(GSource* source) { return any(source); }
  static gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
    serve_all(*reinterpret_cast<Source*>(source)->ready);
    return G_SOURCE_CONTINUE;
  }
  static void finalize(GSource* source) { delete reinterpret_cast<Source*>(source)->ready; }
};

ServiceSource::ServiceSource(GMainContext* context) : ready_(std::make_shared<Ready>()) {
  static GSourceFuncs functions{Functions::prepare,  Functions::check, Functions::dispatch,
                                Functions::finalize, nullptr,          nullptr};
  source_ = g_source_new(&functions, sizeof(Functions::Source));
  reinterpret_cast<Functions::Source*>(source_)->ready = new std::shared_ptr<Ready>(ready_);
  g_source_set_priority(source_, G_PRIORITY_HIGH);
  g_source_set_static_name(source_, "p2plive connections");
  g_source_attach(source_, context);
}

ServiceSource::~ServiceSource() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void ServiceSource::schedule(const std::shared_ptr<Served>& served) {
  if (std::exchange(served->scheduled_, true))
    return;
  ready_->push_back(served);
}

void ServiceSource::serve_all(const std::shared_ptr<Ready>& ready) {
  // Held: the last connection to go takes the source with it, in the middle of this.
  auto held = ready;
  Ready now;
  now.swap(*held);
  for (auto& weak : now) {
    auto served = weak.lock();
    if (!served)
      continue;
    served->scheduled_ = false;
    if (served->serve() && !std::exchange(served->scheduled_, true))
      held->push_back(served);
  }
}

} // namespace p2plive::net
