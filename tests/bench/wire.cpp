// SPDX-License-Identifier: LGPL-2.1-or-later
#include "wire.h"

#include <glib-unix.h>

#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace p2plive::bench {

namespace {
constexpr std::size_t longest = 64 * 1024;
}

Wire::Wire(GMainContext* context, int socket, std::function<void(std::string)> heard)
    : socket_(socket), heard_(std::move(heard)),
      source_(g_unix_fd_source_new(socket, GIOCondition(G_IO_IN | G_IO_HUP))) {
  auto callback = +[](int fd, GIOCondition condition, void* self) -> gboolean {
    return readable(fd, condition, self);
  };
  g_source_set_callback(source_, G_SOURCE_FUNC(callback), this, nullptr);
  g_source_set_priority(source_, G_PRIORITY_HIGH); // the window is measured from what is said here
  g_source_attach(source_, context);
}

Wire::~Wire() {
  g_source_destroy(source_);
  g_source_unref(source_);
  ::close(socket_);
}

void Wire::say(const std::string& text) {
  ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

int Wire::readable(int socket, int, void* user_data) {
  auto* self = static_cast<Wire*>(user_data);
  std::string text(longest, '\0');
  auto size = ::recv(socket, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  self->heard_(std::move(text));
  return size > 0;
}

} // namespace p2plive::bench
