// DTLS 1.2 (RFC 6347, RFC 8261) over datagrams, on OpenSSL, without a socket of its own.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/dtls_settings.h"
#include "net/timer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

namespace p2plive::net {

class Certificate;

/// Lives on the context's thread. Its events come from within receive(), transport_ready(),
/// start(), send() and from its timer.
class DtlsTransport final : private CertificateJudge {
public:
  struct Events {
    std::function<void(std::span<const std::uint8_t>)> output; ///< one datagram to send
    std::function<void()> connected;                           ///< before any `data`
    std::function<void(std::span<const std::uint8_t>)> data;
    std::function<void(std::string)> failed; ///< also when the other side says goodbye; once
  };

  /// Made before ICE connects, so that the other side's first flight is not lost.
  DtlsTransport(GMainContext* context, std::shared_ptr<const Certificate> certificate,
                Events events);
  ~DtlsTransport();
  DtlsTransport(const DtlsTransport&) = delete;
  DtlsTransport& operator=(const DtlsTransport&) = delete;

  /// Known with the other side's description. A certificate with another fingerprint than that
  /// (fingerprint_of) fails the handshake with an alert.
  void start(bool client, std::string remote_fingerprint);
  /// Datagrams can be sent from now on.
  void transport_ready();
  /// One datagram; early ones are kept until both calls above have come.
  void receive(std::span<const std::uint8_t> datagram);
  void send(std::span<const std::uint8_t> packet);
  /// Says goodbye (close_notify); no event follows but `output`.
  void close();

private:
  struct Bio;
  bool accepts(const X509* certificate) override;
  bool create();
  bool running() const { return ssl_ && started_ && ready_ && !over_; }
  void begin();
  void advance();
  void read_packets();
  void fail(std::string reason);
  void fail_by_openssl(const char* during);
  void arm_timer();
  void timed_out();

  std::shared_ptr<const Certificate> certificate_;
  Events events_;
  Timer timer_;
  SSL* ssl_ = nullptr;
  std::string remote_fingerprint_;
  bool started_ = false, ready_ = false, client_ = false, connected_ = false, over_ = false;
  bool wrong_fingerprint_ = false;
  std::span<const std::uint8_t> incoming_; ///< what the BIO gives to OpenSSL next
  std::vector<std::vector<std::uint8_t>> early_;
};

} // namespace p2plive::net
