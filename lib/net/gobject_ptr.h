// Ownership of GObjects, and the thread-default context, by scope.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib-object.h>

#include <memory>

namespace p2plive::net {

struct GObjectUnref {
  void operator()(gpointer object) const { g_object_unref(object); }
};

/// Owns one reference.
template <typename T>
using GObjectPtr = std::unique_ptr<T, GObjectUnref>;

/// Another reference to what somebody else owns.
template <typename T>
GObjectPtr<T> share_object(T* object) {
  return GObjectPtr<T>(static_cast<T*>(g_object_ref(object)));
}

struct GFree {
  void operator()(gpointer memory) const { g_free(memory); }
};
using GCharPtr = std::unique_ptr<char, GFree>;

/// While it lives, asynchronous calls of GIO made on this thread complete in `context`.
class ThreadDefault {
public:
  explicit ThreadDefault(GMainContext* context) : context_(context) {
    g_main_context_push_thread_default(context_);
  }
  ~ThreadDefault() { g_main_context_pop_thread_default(context_); }
  ThreadDefault(const ThreadDefault&) = delete;
  ThreadDefault& operator=(const ThreadDefault&) = delete;

private:
  GMainContext* context_;
};

} // namespace p2plive::net
