// What the two processes of the benchmark say to each other: descriptions and commands.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace p2plive::bench {

/// One end of a SOCK_SEQPACKET pair, which it owns. On the context's thread.
class Wire {
public:
  /// `heard` gets one text at a time; an empty one says that the other process is gone.
  Wire(GMainContext* context, int socket, std::function<void(std::string)> heard);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void say(const std::string& text);

private:
  static int readable(int socket, int condition, void* self);
  int socket_;
  std::function<void(std::string)> heard_;
  GSource* source_;
};

} // namespace p2plive::bench
