// Where the examples are tried: an installation, a live stream, and the services of a swarm, all on
// loopback. There is one of it, made in main() before Check forks, and ended with the program.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "installed.h"
#include "live_stream.h"
#include "running.h"

struct TCase; // of Check, whose header defines a macro named fail

namespace p2plive::tests {

class Stage {
public:
  Stage();

  const Installed& installed() const { return installed_; }
  LiveStream& stream() { return stream_; }
  std::string index() const { return index_; }

private:
  void start_services();

  processes::TemporaryDirectory folder_{"p2plive-examples-test"};
  LiveStream stream_;
  Installed installed_;
  processes::Service mosquitto_;
  processes::ChildProcess server_;
  std::string index_;
};

extern Stage* stage; ///< of main()

TCase* play_tests();
TCase* pipelines_tests();
TCase* record_tests();
TCase* seed_tests();
TCase* transcode_tests();
TCase* relay_tests();

} // namespace p2plive::tests
