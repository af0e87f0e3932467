// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/mqtt_tls.h"

#include <gio/gio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace p2plive::net {

namespace {

// libmosquitto has put the numeric address into the server name indication, where a name belongs
// (RFC 6066, section 3). This runs before the ClientHello is made.
void name_server(const SSL* ssl, int where, int) {
  if (!(where & SSL_CB_HANDSHAKE_START))
    return;
  auto* name = static_cast<std::string*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const bool literal = g_hostname_is_ip_address(name->c_str());
  SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), literal ? nullptr : name->data());
}

struct Named {
  std::string host;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  explicit Named(const std::string& name) : host(name) {}
  ~Named() { SSL_CTX_free(context); }
};

} // namespace

std::shared_ptr<SSL_CTX> make_mqtt_tls(const std::string& host, const MqttClient::Trust& trust) {
  auto named = std::make_shared<Named>(host);
  auto* context = named->context;
  if (!context)
    return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, trust.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  auto* parameters = SSL_CTX_get0_param(context);
  const bool bound = g_hostname_is_ip_address(host.c_str())
                         ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                         : X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), 0);
  const bool authorities = trust.ca_file.empty()
                               ? SSL_CTX_set_default_verify_paths(context)
                               : SSL_CTX_load_verify_file(context, trust.ca_file.c_str());
  if (!bound || !authorities)
    return nullptr;
  SSL_CTX_set_app_data(context, &named->host);
  SSL_CTX_set_info_callback(context, name_server);
  return {named, context};
}

} // namespace p2plive::net
