// UdpPath: runs of datagrams that the system refuses to cut leave one by one, and pairs that are
// no affair of it leave through libnice.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/udp_path.h"

#include "peer_pair.h"

#include <arpa/inet.h>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <nice/agent.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Pair;
using Bytes = test::Peer::Bytes;

namespace {

bool no_socket_for_pairs = false;

/// Two sockets on 127.0.0.1.
class Sockets {
public:
  Sockets() : from_(socket(AF_INET, SOCK_DGRAM, 0)), to_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fail_unless(bind(to_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    sockaddr_storage at{};
    getsockname(to_, reinterpret_cast<sockaddr*>(&at), &size);
    path.use(from_, at, size);
  }
  ~Sockets() {
    ::close(from_);
    ::close(to_);
  }
  int from() const { return from_; }

  /// Sends datagrams of these lengths, each with its number in every byte; what arrives.
  std::vector<std::string> send(const std::vector<std::uint16_t>& lengths) {
    Bytes bytes;
    for (std::size_t i = 0; i < lengths.size(); ++i)
      bytes.insert(bytes.end(), lengths[i], std::uint8_t('a' + i));
    path.send(bytes, lengths);
    std::vector<std::string> arrived;
    std::string datagram(65'536, '\0');
    for (ssize_t size; (size = recv(to_, datagram.data(), datagram.size(), MSG_DONTWAIT)) >= 0;)
      arrived.push_back(datagram.substr(0, std::size_t(size)));
    return arrived;
  }

  net::UdpPath path;

private:
  int from_, to_;
};

const std::vector<std::uint16_t> lengths{1100, 1100, 1100, 40, 1100, 1100, 7, 9};

std::vector<std::string> expected() {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    all.emplace_back(lengths[i], char('a' + i));
  return all;
}

/// One call of sendmsg with a run of two; the system's answer.
int refusal_of_runs(Sockets& sockets) {
  sockaddr_storage to{};
  socklen_t size = sizeof to;
  char bytes[2200]{};
  iovec vector{bytes, sizeof bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))]{};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(9);
  std::memcpy(&to, &address, size = sizeof address);
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = size;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  std::uint16_t segment = 1100;
  std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
  return sendmsg(sockets.from(), &message, MSG_DONTWAIT) < 0 ? errno : 0;
}

/// This process is in a network of its own from now on, whose loopback carries packets of `mtu`
/// bytes. False: that cannot be had here.
bool enter_narrow_network(int mtu) {
  if (unshare(CLONE_NEWNET) != 0)
    return false;
  auto any = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  bool done = ioctl(any, SIOCSIFFLAGS, &request) == 0;
  request.ifr_mtu = mtu;
  done = done && ioctl(any, SIOCSIFMTU, &request) == 0;
  ::close(any);
  return done;
}

void expect_traffic(std::size_t count) {
  test::Loop loop;
  Pair pair(loop.context());
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
  for (std::size_t i = 0; i < count; ++i) {
    fail_unless(pair.offerer.send(Bytes(64 * 1024, std::uint8_t(i))));
    fail_unless(pair.answerer.send(Bytes(64 * 1024, std::uint8_t(i + 100))));
  }
  auto all = [&] {
    return pair.offerer.messages.size() == count && pair.answerer.messages.size() == count;
  };
  fail_unless(loop.run_until(all, 20s), "%zu and %zu arrived", pair.offerer.messages.size(),
              pair.answerer.messages.size());
  for (std::size_t i = 0; i < count; ++i) {
    fail_unless(pair.answerer.messages[i] == Bytes(64 * 1024, std::uint8_t(i)));
    fail_unless(pair.offerer.messages[i] == Bytes(64 * 1024, std::uint8_t(i + 100)));
  }
}

} // namespace

// What libnice says of a pair whose local candidate is relayed: there is no socket for it. It takes
// libnice's place in this program alone.
extern "C" __attribute__((visibility("default"))) GSocket*
nice_agent_get_selected_socket(NiceAgent* agent, guint stream, guint component) {
  if (no_socket_for_pairs)
    return nullptr;
  static auto* real = reinterpret_cast<decltype(&nice_agent_get_selected_socket)>(
      dlsym(RTLD_NEXT, "nice_agent_get_selected_socket"));
  return real(agent, stream, component);
}

// Rule: datagrams arrive whole, one by one and in order, equal ones and shorter ones.
GST_START_TEST(runs_arrive_as_datagrams) {
  Sockets sockets;
  for (int round = 0; round < 3; ++round)
    fail_unless(sockets.send(lengths) == expected());
}
GST_END_TEST;

// Rule: where the system does not cut runs (here since it is to leave the checksum out, which says
// EINVAL, as a system without UDP_SEGMENT does), the same datagrams leave one by one, and none of
// them is lost.
GST_START_TEST(a_refused_run_leaves_one_by_one) {
  Sockets sockets;
  int on = 1;
  fail_unless(setsockopt(sockets.from(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
  fail_unless_equals_int(refusal_of_runs(sockets), EINVAL);
  for (int round = 0; round < 3; ++round)
    fail_unless(sockets.send(lengths) == expected());
}
GST_END_TEST;

// Rule: so they do where a segment is larger than what the device carries, and IP cuts them.
GST_START_TEST(a_narrow_device_gets_one_by_one) {
  if (!enter_narrow_network(900))
    return g_message("no network of its own: not tested");
  Sockets sockets;
  auto refusal = refusal_of_runs(sockets);
  std::printf("a segment larger than the MTU: %s\n", std::strerror(refusal));
  fail_unless(refusal == EMSGSIZE || refusal == EINVAL, "%s", std::strerror(refusal));
  fail_unless(sockets.send(lengths) == expected());
  expect_traffic(20);
}
GST_END_TEST;

// Rule: without a socket of the pair's own (a relay's) a connection works, through libnice.
GST_START_TEST(a_pair_without_a_socket_goes_through_libnice) {
  no_socket_for_pairs = true;
  expect_traffic(20);
}
GST_END_TEST;

static Suite* udp_path_suite() {
  auto* suite = suite_create("udp_path");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, runs_arrive_as_datagrams);
  tcase_add_test(tcase, a_refused_run_leaves_one_by_one);
  tcase_add_test(tcase, a_narrow_device_gets_one_by_one);
  tcase_add_test(tcase, a_pair_without_a_socket_goes_through_libnice);
  return suite;
}

GST_CHECK_MAIN(udp_path)
