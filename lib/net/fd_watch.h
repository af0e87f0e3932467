// Watches a file descriptor of a foreign library in a GMainContext.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib.h>

#include <functional>

namespace p2plive::net {

/// Lives on the context's thread. Does not own the descriptor; destroy the watch before, or as soon
/// as, the library closes it. Hang-ups and errors are always told.
class FdWatch {
public:
  FdWatch(GMainContext* context, int fd, std::function<void(GIOCondition)> ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int fd() const { return fd_; }
  /// Reading is always waited for, writing where asked.
  void want_write(bool write);

private:
  int fd_;
  bool write_ = false;
  GSource* source_;
  gpointer tag_;
};

} // namespace p2plive::net
