// Debian's Chromium, headless, on one page of ours.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace p2plive::test {

/// Its command line. Nothing but the page is loaded, and everything it writes goes into `home`.
/// `hide_addresses`: behind mDNS names, as it does for pages that may not use the camera.
inline std::vector<std::string> chromium(const std::filesystem::path& home, const std::string& url,
                                         bool hide_addresses) {
  std::vector<std::string> argv = {
      "chromium",
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-extensions",
      "--enable-logging=stderr",
      "--user-data-dir=" + (home / "profile").string(),
      "--allow-loopback-in-peer-connection",
  };
  if (!hide_addresses)
    argv.push_back("--disable-features=WebRtcHideLocalIpsWithMdns");
  argv.push_back(url);
  return argv;
}

} // namespace p2plive::test
