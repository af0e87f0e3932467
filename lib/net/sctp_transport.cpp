// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sctp_transport.h"

#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace p2plive::net {

using std::chrono::milliseconds;

namespace {

constexpr int receive_buffer = 2 * 1024 * 1024; ///< at least; twice the largest message
constexpr unsigned path_mtu = 1148;             ///< UDP payload: at most 1197
constexpr std::uint16_t offered_streams = 16;   ///< 15 kB an association instead of 118 for 1024
constexpr std::uint16_t accepted_streams = 1024;
constexpr int messages_per_service = 16;
/// RFC 9260 section 6.2 wants every second one acknowledged. With every fourth both ends spend
/// 15 % less CPU; a lone packet waits for the delay below either way.
constexpr unsigned packets_per_sack = 4;
constexpr std::size_t piece_size = 64 * 1024;

// A peer that is gone is noticed within five seconds; one that is there answers a heartbeat, also
// when its application is silent.
constexpr milliseconds probe_after{1000};
constexpr milliseconds probe_every{750};
constexpr milliseconds gone_after{4000};

sockaddr_conn conn_address(void* address, std::uint16_t port) {
  sockaddr_conn conn{};
  conn.sconn_family = AF_CONN;
  conn.sconn_port = htons(port);
  conn.sconn_addr = address;
  return conn;
}

template <typename Value>
bool set(struct socket* socket, int level, int option, const Value& value) {
  return usrsctp_setsockopt(socket, level, option, &value, sizeof value) == 0;
}

template <typename Notification>
bool read_as(std::span<const std::uint8_t> bytes, Notification& into) {
  if (bytes.size() < sizeof into)
    return false;
  std::memcpy(&into, bytes.data(), sizeof into);
  return true;
}

} // namespace

SctpTransport::SctpTransport(std::shared_ptr<SctpStack> stack, Events events)
    : stack_(std::move(stack)), events_(std::move(events)) {}

SctpTransport::~SctpTransport() {
  close();
}

void SctpTransport::start(const Options& options) {
  if (socket_ || failed_)
    return;
  remote_port_ = options.remote_port;
  max_message_ = options.max_message;
  address_ = stack_->add(*this);
  if (!open_socket(options))
    doom("SCTP cannot be set up");
}

bool SctpTransport::open_socket(const Options& options) {
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  if (!socket_ || usrsctp_set_non_blocking(socket_, 1) != 0 || !configure(options))
    return false;
  // Upcalls run inside usrsctp_conninput: only note them.
  auto upcall = [](struct socket* socket, void* self, int) {
    auto* transport = static_cast<SctpTransport*>(self);
    auto events = usrsctp_get_events(socket);
    transport->readable_ = transport->readable_ || (events & SCTP_EVENT_READ);
    transport->writable_ = transport->writable_ || (events & SCTP_EVENT_WRITE);
    transport->events_.wake();
  };
  usrsctp_set_upcall(socket_, upcall, this);
  auto local = conn_address(address_, options.local_port);
  auto remote = conn_address(address_, options.remote_port);
  if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)
    return false;
  return usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&remote), sizeof remote) == 0 ||
         errno == EINPROGRESS;
}

bool SctpTransport::configure(const Options& options) {
  auto buffer = std::max<int>(receive_buffer, static_cast<int>(options.max_message) * 2);
  sctp_paddrparams path{};
  path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE; // tick() probes on demand
  path.spp_pathmtu = path_mtu;
  sctp_rtoinfo rto{};
  rto.srto_initial = 500;
  rto.srto_min = 200;
  rto.srto_max = 2000;
  sctp_initmsg init{};
  init.sinit_num_ostreams = offered_streams;
  init.sinit_max_instreams = accepted_streams;
  sctp_assoc_value resets{};
  resets.assoc_id = SCTP_ALL_ASSOC;
  resets.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ;
  sctp_sack_info sacks{};
  sacks.sack_delay = 20;
  sacks.sack_freq = packets_per_sack;
  bool events = true;
  for (std::uint16_t type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT}) {
    sctp_event event{};
    event.se_assoc_id = SCTP_ALL_ASSOC;
    event.se_type = type;
    event.se_on = 1;
    events = events && set(socket_, IPPROTO_SCTP, SCTP_EVENT, event);
  }
  return events && set(socket_, SOL_SOCKET, SO_SNDBUF, static_cast<int>(send_buffer)) &&
         set(socket_, SOL_SOCKET, SO_RCVBUF, buffer) &&
         // Without linger, packets come out after the address was deregistered.
         set(socket_, SOL_SOCKET, SO_LINGER, linger{1, 0}) &&
         set(socket_, IPPROTO_SCTP, SCTP_NODELAY, 1) &&
         set(socket_, IPPROTO_SCTP, SCTP_RECVRCVINFO, 1) &&
         set(socket_, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 0) &&
         set(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path) &&
         set(socket_, IPPROTO_SCTP, SCTP_DELAYED_SACK, sacks) &&
         set(socket_, IPPROTO_SCTP, SCTP_RTOINFO, rto) &&
         set(socket_, IPPROTO_SCTP, SCTP_INITMSG, init) &&
         set(socket_, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, resets);
}

void SctpTransport::sctp_output(std::span<const std::uint8_t> packet) {
  departures_.saw(packet);
  events_.output(packet);
}

void SctpTransport::input(std::span<const std::uint8_t> packet) {
  if (!socket_)
    return;
  silent_ = milliseconds(0);
  usrsctp_conninput(address_, packet.data(), packet.size(), 0);
}

void SctpTransport::tick(milliseconds elapsed) {
  if (!outgoing_streams_ || failed_)
    return;
  silent_ += elapsed;
  since_probe_ += elapsed;
  if (silent_ >= gone_after)
    doom("the other side has gone silent");
  else if (silent_ >= probe_after && since_probe_ >= probe_every)
    probe();
}

void SctpTransport::probe() {
  since_probe_ = milliseconds(0);
  sctp_paddrparams path{};
  auto remote = conn_address(address_, remote_port_);
  std::memcpy(&path.spp_address, &remote, sizeof remote);
  path.spp_flags = SPP_HB_DEMAND;
  set(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
  events_.wake();
}

bool SctpTransport::serve() {
  if (!doom_.empty()) {
    fail(std::exchange(doom_, {}));
    return false;
  }
  if (!std::exchange(readable_, false))
    return false;
  for (int count = 0; count < messages_per_service; ++count)
    if (!socket_ || failed_ || !read_one())
      return false;
  return readable_ = true;
}

/// False when nothing is left.
bool SctpTransport::read_one() {
  std::array<std::uint8_t, piece_size> piece;
  sockaddr_conn from{};
  socklen_t from_size = sizeof from;
  sctp_rcvinfo info{};
  socklen_t info_size = sizeof info;
  unsigned info_type = 0;
  int flags = 0;
  auto count =
      usrsctp_recvv(socket_, piece.data(), piece.size(), reinterpret_cast<sockaddr*>(&from),
                    &from_size, &info, &info_size, &info_type, &flags);
  if (count < 0) {
    if (errno != EWOULDBLOCK && errno != EAGAIN && errno != EINTR)
      fail(std::string("SCTP association lost: ") + std::strerror(errno));
    return false;
  }
  if (count == 0) {
    fail("the other side has closed the association");
    return false;
  }
  std::span bytes(piece.data(), static_cast<std::size_t>(count));
  if (flags & MSG_NOTIFICATION)
    notified(bytes);
  else if (info_type == SCTP_RECVV_RCVINFO)
    take(bytes, flags & MSG_EOR, info.rcv_sid, ntohl(info.rcv_ppid));
  return true;
}

void SctpTransport::take(std::span<const std::uint8_t> piece, bool whole, std::uint16_t stream,
                         std::uint32_t ppid) {
  if (gathered_.size() + piece.size() > max_message_)
    return fail("the other side has sent a message larger than agreed");
  if (whole && gathered_.empty())
    return events_.message(stream, ppid, piece);
  gathered_.insert(gathered_.end(), piece.begin(), piece.end());
  if (!whole)
    return;
  auto message = std::exchange(gathered_, {});
  events_.message(stream, ppid, message);
  // The memory of a message is used again for the next one.
  if (gathered_.capacity() == 0) {
    message.clear();
    gathered_ = std::move(message);
  }
}

void SctpTransport::notified(std::span<const std::uint8_t> notification) {
  std::uint16_t type = 0;
  if (!read_as(notification, type))
    return;
  if (type == SCTP_ASSOC_CHANGE)
    association_changed(notification);
  else if (type == SCTP_STREAM_RESET_EVENT)
    streams_reset(notification);
}

void SctpTransport::association_changed(std::span<const std::uint8_t> notification) {
  sctp_assoc_change change;
  if (!read_as(notification, change))
    return;
  switch (change.sac_state) {
  case SCTP_COMM_UP:
    if (std::exchange(outgoing_streams_, std::max<std::uint16_t>(1, change.sac_outbound_streams)))
      return;
    writable_ = true;
    return events_.connected();
  case SCTP_CANT_STR_ASSOC:
    return fail("SCTP association refused");
  case SCTP_COMM_LOST:
  case SCTP_SHUTDOWN_COMP:
    return fail("the other side has closed the association");
  case SCTP_RESTART:
    // Streams would start over under our feet, and no browser does it.
    return fail("the other side has restarted the association");
  }
}

void SctpTransport::streams_reset(std::span<const std::uint8_t> notification) {
  sctp_stream_reset_event event;
  if (!read_as(notification, event) || !(event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN))
    return;
  for (auto list = notification.subspan(sizeof event); list.size() >= 2; list = list.subspan(2)) {
    std::uint16_t stream = 0;
    read_as(list, stream);
    events_.reset(stream);
    if (!socket_ || failed_)
      return;
  }
}

SctpTransport::Sent SctpTransport::send(std::uint16_t stream, std::uint32_t ppid,
                                        std::span<const std::uint8_t> message) {
  if (!socket_ || failed_ || stream >= outgoing_streams_)
    return Sent::no;
  sctp_sndinfo info{};
  info.snd_sid = stream;
  info.snd_flags = SCTP_EOR;
  info.snd_ppid = htonl(ppid);
  taken_ += message.size(); // some of it may leave in this call
  if (usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &info, sizeof info,
                    SCTP_SENDV_SNDINFO, 0) >= 0)
    return Sent::yes;
  taken_ -= message.size();
  if (errno == EWOULDBLOCK || errno == EAGAIN)
    return Sent::full;
  doom(std::string("SCTP does not send: ") + std::strerror(errno));
  return Sent::no;
}

void SctpTransport::reset(std::uint16_t stream) {
  if (!socket_)
    return;
  // struct sctp_reset_streams ends in its list, here of one.
  alignas(sctp_reset_streams) std::array<std::uint8_t, sizeof(sctp_reset_streams) + 2> bytes{};
  sctp_reset_streams request{};
  request.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  request.srs_number_streams = 1;
  std::memcpy(bytes.data(), &request, sizeof request);
  std::memcpy(bytes.data() + offsetof(sctp_reset_streams, srs_stream_list), &stream, 2);
  set(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, bytes);
}

void SctpTransport::fail(std::string reason) {
  if (!std::exchange(failed_, true))
    events_.failed(std::move(reason));
}

void SctpTransport::doom(std::string reason) {
  if (!doom_.empty() || failed_)
    return;
  doom_ = std::move(reason);
  events_.wake();
}

void SctpTransport::close() {
  failed_ = true;
  if (socket_) {
    usrsctp_set_upcall(socket_, nullptr, nullptr);
    usrsctp_close(std::exchange(socket_, nullptr));
  }
  if (address_)
    stack_->remove(std::exchange(address_, nullptr));
}

} // namespace p2plive::net
