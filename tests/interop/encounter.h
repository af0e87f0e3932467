// One meeting of our side with another implementation in a process of its own: broker, other side,
// exchange, orderly close.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "our_side.h"

#include "../net/loop.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <functional>
#include <string>
#include <vector>

namespace p2plive::test {

/// Sanitizers make usrsctp a hundred times slower; what they look for shows in little as well.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t exchanged = 2 << 20;
#else
constexpr std::size_t exchanged = 64 << 20;
#endif
/// A test's own limit, which those of its steps stay within.
constexpr int seconds_a_test = 360;

class Encounter {
public:
  /// What to run, given the other side's options as JSON.
  using Command = std::function<std::vector<std::string>(const std::string& options)>;

  enum class Restart { no, ours, theirs };
  struct Kind {
    const char* name = ""; ///< for the line that is printed
    bool we_offer = false;
    bool trickles = false;         ///< the other side sends candidates after its description
    bool websocket = false;        ///< the other side speaks MQTT over it
    bool says_closed = true;       ///< and tells us when it has noticed our close
    Restart restart = Restart::no; ///< of ICE, in the middle of the exchange
    std::size_t size = exchanged;  ///< bytes each way
  };

  Encounter(Loop& loop, const Kind& kind);

  /// The first part of run(), for who has the other side elsewhere.
  std::string open_inbox();
  void end_broker() { broker_.process.terminate(); }
  /// Empty: all as it should be; else what is not, with the end of the other side's log.
  std::string run(const Command& command);
  /// What the other side is to know; the broker's port from run() on.
  Meeting of_the_other() const {
    return {meeting_.broker_port, meeting_.other, meeting_.self, meeting_.rid, !meeting_.offers};
  }

  processes::TemporaryDirectory directory{"p2plive-interop"};
  std::unique_ptr<OurSide> ours;

private:
  std::string meet(processes::ChildProcess& other);
  std::string options_of_the_other() const;

  Loop& loop_;
  Kind kind_;
  Meeting meeting_;
  processes::Service broker_;
};

} // namespace p2plive::test
