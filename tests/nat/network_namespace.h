// A host or a router of a test's own: a network namespace without a name. The kernel takes it and
// all that is in it away when the last process or descriptor that holds it is gone, however the
// test ends; so nothing is ever left to be cleaned up.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>

namespace p2plive::test {

/// With loopback up, and nothing else. Throws std::runtime_error.
class NetworkNamespace {
public:
  NetworkNamespace();
  ~NetworkNamespace();
  NetworkNamespace(NetworkNamespace&& other) noexcept;
  NetworkNamespace& operator=(NetworkNamespace&& other) noexcept;

  /// Why namespaces cannot be made here, for a person; none: they can.
  static std::optional<std::string> refusal();

  /// Runs lines of sh(1) in it; throws std::runtime_error with their output when one fails.
  void run(const std::string& script) const;

  /// A path that ip(8) takes for its name while this process lives.
  std::string path() const;

  /// While it lives, sockets that this thread makes and processes that it starts are in there.
  class Inside {
  public:
    explicit Inside(const NetworkNamespace& where);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

  private:
    int before_ = -1;
  };

private:
  int descriptor_ = -1;
};

} // namespace p2plive::test
