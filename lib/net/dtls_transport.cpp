// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/dtls_transport.h"

#include "net/certificate.h"
#include "net/fingerprint.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace p2plive::net {

namespace {

constexpr std::size_t most_early = 16;
constexpr std::size_t largest_datagram = 2048; ///< of a handshake; our own are under 1200
constexpr long mtu = 1200;
constexpr std::size_t largest_packet = 16 * 1024; ///< plain text of one DTLS record

/// Microseconds until a flight is sent again. A second first (RFC 6347 4.2.4.1) is long for a
/// set-up that takes 26 ms; WebRTC's implementations start lower as well.
unsigned next_timeout(SSL*, unsigned previous) {
  constexpr unsigned first = 250'000, most = 2'000'000;
  return previous == 0 ? first : std::min(previous * 2, most);
}

} // namespace

/// OpenSSL's view of the datagrams: one at a time in (two in one memory BIO make decryption twenty
/// times slower), each write one datagram out.
struct DtlsTransport::Bio {
  static DtlsTransport& owner(BIO* bio) { return *static_cast<DtlsTransport*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    auto datagram = std::exchange(owner(bio).incoming_, {});
    if (datagram.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    auto count = std::min<std::size_t>(datagram.size(), static_cast<std::size_t>(size));
    std::memcpy(into, datagram.data(), count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    auto* first = reinterpret_cast<const std::uint8_t*>(bytes);
    owner(bio).events_.output({first, static_cast<std::size_t>(size)});
    return size;
  }

  static long control(BIO*, int command, long, void*) {
    switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU:
    case BIO_CTRL_DGRAM_QUERY_MTU:
      return mtu;
    default:
      return 0;
    }
  }

  static const BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(make(), BIO_meth_free);
    return made.get();
  }

private:
  static BIO_METHOD* make() {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "p2plive datagrams");
    BIO_meth_set_read(made, read);
    BIO_meth_set_write(made, write);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_create(made, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }
};

DtlsTransport::DtlsTransport(GMainContext* context, std::shared_ptr<const Certificate> certificate,
                             Events events)
    : certificate_(std::move(certificate)), events_(std::move(events)),
      timer_(context, [this] { timed_out(); }) {
  if (certificate_ && !create()) {
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
}

DtlsTransport::~DtlsTransport() {
  SSL_free(ssl_);
}

bool DtlsTransport::create() {
  ssl_ = SSL_new(certificate_->dtls_settings());
  auto* bio = BIO_new(Bio::method());
  if (!ssl_ || !bio) {
    BIO_free(bio);
    return false;
  }
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, static_cast<CertificateJudge*>(this));
  SSL_set_mtu(ssl_, mtu);
  DTLS_set_timer_cb(ssl_, next_timeout);
  return true;
}

bool DtlsTransport::accepts(const X509* certificate) {
  bool right = fingerprint_of(certificate) == remote_fingerprint_;
  wrong_fingerprint_ = !right;
  return right;
}

void DtlsTransport::start(bool client, std::string remote_fingerprint) {
  if (std::exchange(started_, true))
    return;
  client_ = client;
  remote_fingerprint_ = std::move(remote_fingerprint);
  if (!ssl_)
    return fail("DTLS cannot be set up");
  client ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
  begin();
}

void DtlsTransport::transport_ready() {
  if (!std::exchange(ready_, true))
    begin();
}

void DtlsTransport::begin() {
  if (!running())
    return;
  if (client_)
    advance();
  for (auto& datagram : std::exchange(early_, {}))
    receive(datagram);
}

void DtlsTransport::receive(std::span<const std::uint8_t> datagram) {
  if (over_ || datagram.empty())
    return;
  if (!running()) {
    if (early_.size() < most_early && datagram.size() <= largest_datagram)
      early_.emplace_back(datagram.begin(), datagram.end());
    return;
  }
  incoming_ = datagram;
  advance();
  incoming_ = {};
}

void DtlsTransport::advance() {
  if (connected_)
    return read_packets();
  ERR_clear_error();
  auto result = SSL_do_handshake(ssl_);
  if (result == 1) {
    timer_.disarm();
    connected_ = true;
    events_.connected();
    return over_ ? void() : read_packets();
  }
  if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ)
    return fail_by_openssl("handshake");
  arm_timer();
}

void DtlsTransport::read_packets() {
  std::uint8_t packet[largest_packet];
  while (!over_) {
    ERR_clear_error();
    auto count = SSL_read(ssl_, packet, sizeof packet);
    if (count > 0) {
      events_.data({packet, static_cast<std::size_t>(count)});
      continue;
    }
    switch (SSL_get_error(ssl_, count)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      return fail("the other side has closed the connection");
    default:
      return fail_by_openssl("connection");
    }
  }
}

void DtlsTransport::send(std::span<const std::uint8_t> packet) {
  if (!connected_ || over_ || packet.empty())
    return;
  ERR_clear_error();
  if (SSL_write(ssl_, packet.data(), static_cast<int>(packet.size())) <= 0)
    fail_by_openssl("connection");
}

void DtlsTransport::fail(std::string reason) {
  if (std::exchange(over_, true))
    return;
  timer_.disarm();
  events_.failed(std::move(reason));
}

void DtlsTransport::fail_by_openssl(const char* during) {
  if (wrong_fingerprint_)
    return fail("the other side's certificate is not the one its description names");
  auto* why = ERR_reason_error_string(ERR_peek_error());
  fail(std::string("DTLS ") + during + " failed" + (why ? std::string(": ") + why : ""));
}

void DtlsTransport::arm_timer() {
  timeval left{};
  if (DTLSv1_get_timeout(ssl_, &left))
    timer_.arm_in(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
}

void DtlsTransport::timed_out() {
  if (!running() || connected_)
    return;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(ssl_) < 0)
    return fail_by_openssl("handshake");
  arm_timer();
}

void DtlsTransport::close() {
  if (!std::exchange(over_, true) && connected_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  timer_.disarm();
}

} // namespace p2plive::net
