// TLS towards an MQTT broker: the certificate is checked against the host's name.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/mqtt_client.h"

#include <memory>
#include <string>

typedef struct ssl_ctx_st SSL_CTX;

namespace p2plive::net {

/// A client's context for connections to `host`, a name or a literal address. libmosquitto is given
/// numeric addresses only, for it would block on names, and would check the certificate against
/// those; so the name is bound here. Null when OpenSSL refuses, or cannot read the authorities. Any
/// thread; reading the system's takes up to 100 ms, so not the network's.
std::shared_ptr<SSL_CTX> make_mqtt_tls(const std::string& host, const MqttClient::Trust& trust);

} // namespace p2plive::net
