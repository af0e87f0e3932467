// Ctrl-C, SIGTERM and a closed terminal as something that can be waited for.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace p2plive::bench {

class Interrupts {
public:
  /// From now on these signals wait for taken(); the second one ends the process at once, and its
  /// children with it.
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int descriptor() const { return fd_; } ///< readable when one has come
  bool taken();                          ///< one has come, now or before

private:
  int fd_;
  bool taken_ = false;
};

} // namespace p2plive::bench
