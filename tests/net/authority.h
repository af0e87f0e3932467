// A certificate authority of a test's own, and what it signs, made with the openssl program.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "processes/child_process.h"

namespace p2plive::test {

class Authority {
public:
  /// Its certificate is NAME.pem in that folder.
  explicit Authority(std::filesystem::path directory, const std::string& name = "ca")
      : directory_(std::move(directory)), name_(name) {
    made_ = openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", file(name + ".key"), "-out", file(name + ".pem"), "-days",
                     "2", "-subj", "/CN=test authority"});
  }

  /// Makes NAME.key and NAME.pem for `subject`: "DNS:localhost", "IP:127.0.0.1".
  bool sign(const std::string& name, const std::string& subject) {
    std::ofstream(file(name + ".ext")) << "subjectAltName=" << subject << "\n";
    return made_ &&
           openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", file(name + ".key"), "-out", file(name + ".csr"), "-subj",
                    "/CN=test"}) &&
           openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file(name_ + ".pem"),
                    "-CAkey", file(name_ + ".key"), "-CAcreateserial", "-days", "2", "-extfile",
                    file(name + ".ext"), "-out", file(name + ".pem")});
  }
  std::string file(const std::string& name) const { return directory_ / name; }

private:
  bool openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    processes::SpawnOptions options;
    options.argv = std::move(arguments);
    options.log = file("openssl.log");
    auto child = processes::ChildProcess::spawn(options);
    const auto ended = child ? child->wait(std::chrono::seconds(10)) : std::nullopt;
    return ended && ended->ok();
  }

  std::filesystem::path directory_;
  std::string name_;
  bool made_ = false;
};

} // namespace p2plive::test
