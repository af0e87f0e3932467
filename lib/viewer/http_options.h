// The application's options for HTTP and TLS, checked and put into the clients' terms.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/http_client.h"
#include "net/mqtt_client.h"
#include "viewer/viewer.h"

#include <chrono>
#include <optional>
#include <string>

namespace p2plive::viewer {

/// What is wrong with them, if anything is; Kind::settings.
std::optional<Error> check(const HttpOptions& options);

/// Reads `ca_file` into `tls_database`, where only the former is given. Not on the network thread,
/// for it reads a file.
std::optional<Error> load_authorities(HttpOptions& options);

/// Without any progress.
std::chrono::milliseconds timeout_or(const HttpOptions& options, std::chrono::milliseconds usual);

/// For requests to the services: who asks stays untold.
net::HttpClient::Options to_services_client(const HttpOptions& options, std::string user_agent);
/// For the broker, which the services name. Authorities that are in no file are not known to it:
/// then it is the system's.
net::MqttClient::Trust to_broker_trust(const HttpOptions& options);
/// For requests for the stream at `uri`.
net::HttpClient::Options to_stream_client(const HttpOptions& options, std::string user_agent,
                                          const std::string& uri);

} // namespace p2plive::viewer
