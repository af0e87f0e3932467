// The real p2plive-server as a child, and a client that says what it got.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "requests.h"

#include "processes/child_process.h"
#include "processes/temporary_directory.h"

#include <libsoup/soup.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace server_test {

using namespace std::chrono_literals;
using requests::Bytes;
namespace processes = p2plive::processes;

struct Response {
  unsigned status = 0; ///< 0: the connection failed
  Bytes body;
  std::string content_type, retry_after, allow, upgrade;
  std::string text() const { return {body.begin(), body.end()}; }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

Response send(const char* method, const std::string& uri, const std::optional<Bytes>& body = {},
              const Headers& headers = {});
inline Response post(const std::string& uri, const Bytes& body, const Headers& headers = {}) {
  return send("POST", uri, body, headers);
}

/// Within 10 s, or false.
bool wait_for(const std::function<bool()>& condition);

/// A server on a port of its own; fails the test when it does not come up.
class Server {
public:
  /// `arguments` beside --listen; `conf` is written into a key file, where not empty.
  explicit Server(std::vector<std::string> arguments = {}, const std::string& conf = {},
                  const std::string& listen = "127.0.0.1:0");

  std::string uri(const std::string& path) const { return base_ + path; }
  const std::string& line() const { return line_; }
  std::uint16_t port() const;
  processes::ChildProcess& process() { return process_; }
  std::string rest_of_output(); ///< after its end
  std::string errors() const;

private:
  processes::TemporaryDirectory folder_{"p2plive-server-test"};
  processes::ChildProcess process_;
  std::string line_, base_;
};

/// A connection as bytes, to do what no client would.
class RawConnection {
public:
  explicit RawConnection(const Server& server);
  ~RawConnection();
  /// False: the server has ended the connection.
  bool write(const std::string& bytes);
  /// What comes until the server ends the connection; none: it did not within 10 s.
  std::optional<std::string> read_to_end();

private:
  int socket_ = -1;
};

} // namespace server_test
