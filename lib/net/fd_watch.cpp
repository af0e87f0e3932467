// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/fd_watch.h"

#include <memory>
#include <utility>

namespace p2plive::net {

namespace {

constexpr auto always = GIOCondition(G_IO_IN | G_IO_HUP | G_IO_ERR);

struct WatchSource {
  GSource source;
  gpointer tag;
  std::function<void(GIOCondition)>* ready; ///< owned
};

// The call may destroy the watch, and with it the source; the context keeps the source, and so what
// is called, until dispatch has returned.
gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
  auto* watch = reinterpret_cast<WatchSource*>(source);
  (*watch->ready)(g_source_query_unix_fd(source, watch->tag));
  return G_SOURCE_CONTINUE;
}

void finalize(GSource* source) {
  delete reinterpret_cast<WatchSource*>(source)->ready;
}

GSourceFuncs functions{nullptr, nullptr, dispatch, finalize, nullptr, nullptr};

} // namespace

FdWatch::FdWatch(GMainContext* context, int fd, std::function<void(GIOCondition)> ready)
    : fd_(fd), source_(g_source_new(&functions, sizeof(WatchSource))),
      tag_(g_source_add_unix_fd(source_, fd, always)) {
  auto* watch = reinterpret_cast<WatchSource*>(source_);
  watch->tag = tag_;
  watch->ready = new std::function<void(GIOCondition)>(std::move(ready));
  g_source_set_static_name(source_, "p2plive descriptor");
  g_source_attach(source_, context);
}

FdWatch::~FdWatch() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void FdWatch::want_write(bool write) {
  if (std::exchange(write_, write) == write)
    return;
  g_source_modify_unix_fd(source_, tag_, write ? GIOCondition(always | G_IO_OUT) : always);
}

} // namespace p2plive::net
