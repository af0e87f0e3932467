// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/udp_path.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>

namespace p2plive::net {

namespace {

/// What fits into one IP packet, on whose length UDP_SEGMENT's run is bounded as well.
constexpr std::size_t largest_run = 65'000;

} // namespace

void UdpPath::use(int socket, const sockaddr_storage& to, socklen_t to_size) {
  socket_ = socket;
  to_ = to;
  to_size_ = to_size;
  segments_ = true; // another device may
}

void UdpPath::send(std::span<const std::uint8_t> bytes, std::span<const std::uint16_t> lengths) {
  while (!lengths.empty()) {
    auto count = run_length(lengths);
    std::size_t size = 0;
    for (auto length : lengths.first(count))
      size += length;
    auto sent = send_run(bytes.first(size), lengths[0]);
    if (!sent && count > 1 && !segments_)
      continue; // one by one from now on
    bytes = bytes.subspan(size);
    lengths = lengths.subspan(count);
  }
}

/// How many leave together: equal ones, of which the last may be shorter.
std::size_t UdpPath::run_length(std::span<const std::uint16_t> lengths) const {
  std::size_t count = 1, size = lengths[0];
  if (!segments_)
    return count;
  while (count < lengths.size() && count < most_datagrams && lengths[count] <= lengths[0] &&
         size + lengths[count] <= largest_run) {
    size += lengths[count];
    if (lengths[count++] < lengths[0])
      break;
  }
  return count;
}

bool UdpPath::send_run(std::span<const std::uint8_t> bytes, std::size_t segment) {
  iovec vector{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  msghdr message{};
  message.msg_name = &to_;
  message.msg_namelen = to_size_;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (bytes.size() > segment) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    auto size = static_cast<std::uint16_t>(segment);
    std::memcpy(CMSG_DATA(header), &size, sizeof size);
  }
  while (::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno == EINTR)
      continue;
    // EIO: the device cannot do checksums. EINVAL: the system is too old, or a segment is larger
    // than the path's MTU, for which newer ones (seen with 6.18) say EMSGSIZE.
    if (bytes.size() > segment &&
        (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == EOPNOTSUPP))
      segments_ = false;
    return false;
  }
  return true;
}

} // namespace p2plive::net
