// A real mosquitto that speaks TLS only.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fstream>
#include <string>

#include "authority.h"
#include "processes/services.h"

namespace p2plive::test {

/// At 127.0.0.1, with a certificate for `subject`. Its files are in `directory`. Returns when it
/// listens.
inline tl::expected<processes::ChildProcess, std::string>
start_tls_broker(Authority& authority, const std::filesystem::path& directory,
                 const std::string& subject, std::uint16_t port) {
  if (!authority.sign("broker", subject))
    return tl::make_unexpected("openssl does not sign");
  std::ofstream(directory / "tls.conf")
      << "listener " << port << " 127.0.0.1\nallow_anonymous true\nuser root\ncertfile "
      << authority.file("broker.pem") << "\nkeyfile " << authority.file("broker.key") << "\n";
  processes::SpawnOptions options;
  options.argv = {"mosquitto", "-c", directory / "tls.conf"};
  options.log = directory / "mosquitto.log";
  auto child = processes::ChildProcess::spawn(options);
  if (!child)
    return child;
  auto line = processes::wait_for_line(*child, options.log, "running", std::chrono::seconds(10));
  if (!line)
    return tl::make_unexpected(line.error());
  return child;
}

} // namespace p2plive::test
