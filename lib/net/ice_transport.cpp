// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_transport.h"

#include "net/ice_candidate.h"

#include <gio/gio.h>
#include <netinet/in.h>
#include <nice/agent.h>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace p2plive::net {

namespace {

constexpr unsigned component = NICE_COMPONENT_TYPE_RTP;
constexpr std::size_t datagrams_in_batch = UdpPath::most_datagrams;
constexpr std::size_t most_received = 4 * 1024 * 1024; ///< unserved bytes; more is lost
constexpr std::size_t kept_capacity = 16 * 1024;       ///< of an idle connection
constexpr int socket_buffer = 1024 * 1024;             ///< asked for; the system may give less

NiceCandidateType nice_type(IceCandidate::Type type) {
  switch (type) {
  case IceCandidate::Type::server_reflexive:
    return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
  case IceCandidate::Type::peer_reflexive:
    return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
  case IceCandidate::Type::relayed:
    return NICE_CANDIDATE_TYPE_RELAYED;
  case IceCandidate::Type::host:
    break;
  }
  return NICE_CANDIDATE_TYPE_HOST;
}

IceCandidate::Type type_of(const NiceCandidate& candidate) {
  switch (candidate.type) {
  case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
    return IceCandidate::Type::server_reflexive;
  case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
    return IceCandidate::Type::peer_reflexive;
  case NICE_CANDIDATE_TYPE_RELAYED:
    return IceCandidate::Type::relayed;
  case NICE_CANDIDATE_TYPE_HOST:
    break;
  }
  return IceCandidate::Type::host;
}

SelectedPath::End path_end(const NiceCandidate& candidate) {
  std::array<char, NICE_ADDRESS_STRING_LEN> text{};
  nice_address_to_string(&candidate.addr, text.data());
  return {type_of(candidate), text.data(),
          static_cast<std::uint16_t>(nice_address_get_port(&candidate.addr))};
}

NiceCandidate* new_nice_candidate(const IceCandidate& from, unsigned stream) {
  auto* candidate = nice_candidate_new(nice_type(from.type));
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  candidate->stream_id = stream;
  candidate->component_id = component;
  candidate->priority = from.priority;
  g_strlcpy(candidate->foundation, from.foundation.c_str(), sizeof candidate->foundation);
  nice_address_init(&candidate->addr);
  nice_address_set_from_string(&candidate->addr, from.address.c_str());
  nice_address_set_port(&candidate->addr, from.port);
  return candidate;
}

} // namespace

IceTransport::IceTransport(GMainContext* context, Options options, std::function<void()> wake)
    : context_(context), wake_(std::move(wake)),
      local_addresses_(std::move(options.local_addresses)) {
  auto flags = NICE_AGENT_OPTION_CONSENT_FRESHNESS |
               NICE_AGENT_OPTION_ICE_TRICKLE; // late candidates: no early verdict of failure
  agent_ = nice_agent_new_full(context_, NICE_COMPATIBILITY_RFC5245,
                               static_cast<NiceAgentOption>(flags));
  set_up_agent(options);
  stream_ = nice_agent_add_stream(agent_, 1);
  read_credentials();
  nice_agent_attach_recv(agent_, stream_, component, context_, on_datagram, this);
}

IceTransport::~IceTransport() {
  close();
}

void IceTransport::set_up_agent(const Options& options) {
  // upnp would cost 350 ms of gathering and a thread per agent.
  g_object_set(agent_, "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode",
               static_cast<gboolean>(options.controlling), nullptr);
  if (options.stun)
    g_object_set(agent_, "stun-server", options.stun->address.c_str(), "stun-server-port",
                 static_cast<guint>(options.stun->port), nullptr);
  g_signal_connect(agent_, "candidate-gathering-done", G_CALLBACK(on_gathered), this);
  g_signal_connect(agent_, "component-state-changed", G_CALLBACK(on_state), this);
  g_signal_connect(agent_, "new-selected-pair-full", G_CALLBACK(on_selected_pair), this);
  add_local_addresses();
}

void IceTransport::add_local_addresses() {
  for (auto& text : local_addresses_) {
    NiceAddress address;
    nice_address_init(&address);
    if (!nice_address_set_from_string(&address, text.c_str()))
      continue;
    nice_agent_add_local_address(agent_, &address);
    if (auto* inet = g_inet_address_new_from_string(text.c_str())) {
      on_loopback_ = on_loopback_ || g_inet_address_get_is_loopback(inet);
      g_object_unref(inet);
    }
  }
}

void IceTransport::read_credentials() {
  char *ufrag = nullptr, *password = nullptr;
  if (!nice_agent_get_local_credentials(agent_, stream_, &ufrag, &password))
    return;
  ufrag_ = ufrag;
  password_ = password;
  g_free(ufrag);
  g_free(password);
}

bool IceTransport::controlling() const {
  gboolean controlling = FALSE;
  if (agent_)
    g_object_get(agent_, "controlling-mode", &controlling, nullptr);
  return controlling;
}

// Once it gathers, an agent of libnice's takes another role with a restart only; the candidates and
// their sockets stay.
void IceTransport::hand_over(bool controlling, std::function<void()> wake) {
  wake_ = std::move(wake);
  if (!agent_ || this->controlling() == controlling)
    return;
  g_object_set(agent_, "controlling-mode", static_cast<gboolean>(controlling), nullptr);
  nice_agent_restart(agent_);
  read_credentials();
}

bool IceTransport::gather() {
  gathering_since_ = Clock::now();
  return agent_ && stream_ && nice_agent_gather_candidates(agent_, stream_);
}

std::optional<SelectedPath> IceTransport::selected_path() const {
  NiceCandidate *local = nullptr, *remote = nullptr;
  if (!agent_ || !nice_agent_get_selected_pair(agent_, stream_, component, &local, &remote))
    return {};
  return SelectedPath{path_end(*local), path_end(*remote)};
}

std::vector<std::string> IceTransport::local_candidates() const {
  std::vector<std::string> lines;
  if (!agent_)
    return lines;
  auto* candidates = nice_agent_get_local_candidates(agent_, stream_, component);
  for (auto* at = candidates; at; at = at->next) {
    std::unique_ptr<char, decltype(&g_free)> text(
        nice_agent_generate_local_candidate_sdp(agent_, static_cast<NiceCandidate*>(at->data)),
        g_free);
    std::string_view line(text ? text.get() : "");
    if (line.starts_with("a="))
      lines.emplace_back(line.substr(2));
  }
  g_slist_free_full(candidates,
                    [](void* data) { nice_candidate_free(static_cast<NiceCandidate*>(data)); });
  return lines;
}

bool IceTransport::set_remote_credentials(const std::string& ufrag, const std::string& password) {
  return agent_ &&
         nice_agent_set_remote_credentials(agent_, stream_, ufrag.c_str(), password.c_str());
}

void IceTransport::add_remote_candidates(const std::vector<std::string>& lines) {
  GSList* candidates = nullptr;
  for (auto& line : lines) {
    if (remote_candidates_ >= max_candidates)
      break;
    auto candidate = parse_candidate(line);
    // A stranger's word alone makes nobody knock at this machine's own doors.
    if (!candidate || (candidate->loopback && !on_loopback_))
      continue;
    ++remote_candidates_;
    candidates = g_slist_append(candidates, new_nice_candidate(*candidate, stream_));
  }
  if (candidates && agent_)
    nice_agent_set_remote_candidates(agent_, stream_, component, candidates);
  g_slist_free_full(candidates,
                    [](void* data) { nice_candidate_free(static_cast<NiceCandidate*>(data)); });
}

void IceTransport::on_gathered(NiceAgent*, unsigned, void* user_data) {
  auto* self = static_cast<IceTransport*>(user_data);
  self->gathered_ = true;
  self->wake_();
}

void IceTransport::on_state(NiceAgent*, unsigned, unsigned, unsigned state, void* user_data) {
  auto* self = static_cast<IceTransport*>(user_data);
  if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY) {
    self->take_path();
    self->connected_ = true;
  } else if (state == NICE_COMPONENT_STATE_FAILED) {
    // Consent to send is gone (RFC 7675 section 5.1), perhaps the socket as well.
    self->path_.forget();
    self->failed_ = true;
  }
  self->wake_();
}

void IceTransport::on_selected_pair(NiceAgent*, unsigned, unsigned, NiceCandidate*, NiceCandidate*,
                                    void* user_data) {
  static_cast<IceTransport*>(user_data)->take_path();
}

// libnice calls this until the socket would block: only queue here.
void IceTransport::on_datagram(NiceAgent*, unsigned, unsigned, unsigned size, char* bytes,
                               void* user_data) {
  auto* self = static_cast<IceTransport*>(user_data);
  self->received_bytes_ += size;
  if (size == 0 || size > UINT16_MAX || self->received_.size() + size > most_received)
    return;
  auto* first = reinterpret_cast<const std::uint8_t*>(bytes);
  self->received_.insert(self->received_.end(), first, first + size);
  self->lengths_.push_back(static_cast<std::uint16_t>(size));
  self->wake_();
}

std::optional<std::span<const std::uint8_t>> IceTransport::next() {
  if (!has_next()) {
    forget_received();
    return {};
  }
  std::span datagram(received_.data() + next_byte_, lengths_[next_length_]);
  next_byte_ += lengths_[next_length_++];
  return datagram;
}

void IceTransport::forget_received() {
  if (lengths_.empty())
    return;
  received_.clear();
  lengths_.clear();
  next_length_ = next_byte_ = 0;
  if (received_.capacity() > kept_capacity)
    received_ = {};
}

void IceTransport::take_path() {
  path_.forget();
  NiceCandidate *local = nullptr, *remote = nullptr;
  auto* socket = nice_agent_get_selected_socket(agent_, stream_, component);
  if (!socket)
    return;
  // A burst of one peer's window otherwise overruns the default of 208 KiB.
  g_socket_set_option(socket, SOL_SOCKET, SO_RCVBUF, socket_buffer, nullptr);
  g_socket_set_option(socket, SOL_SOCKET, SO_SNDBUF, socket_buffer, nullptr);
  // A relay wraps what it is given: that is libnice's work.
  if (nice_agent_get_selected_pair(agent_, stream_, component, &local, &remote) &&
      local->type != NICE_CANDIDATE_TYPE_RELAYED) {
    sockaddr_storage to{};
    nice_address_copy_to_sockaddr(&remote->addr, reinterpret_cast<sockaddr*>(&to));
    path_.use(g_socket_get_fd(socket), to,
              to.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  }
  g_object_unref(socket);
}

void IceTransport::send(std::span<const std::uint8_t> datagram) {
  if (datagram.empty() || datagram.size() > UINT16_MAX)
    return;
  out_.insert(out_.end(), datagram.begin(), datagram.end());
  out_lengths_.push_back(static_cast<std::uint16_t>(datagram.size()));
  if (out_lengths_.size() >= datagrams_in_batch)
    flush();
}

void IceTransport::flush() {
  if (path_.usable())
    path_.send(out_, out_lengths_);
  else if (!out_lengths_.empty())
    flush_by_agent();
  out_.clear();
  out_lengths_.clear();
}

void IceTransport::flush_by_agent() {
  std::array<GOutputVector, datagrams_in_batch> vectors;
  std::array<NiceOutputMessage, datagrams_in_batch> messages;
  std::size_t count = 0;
  auto* at = out_.data();
  for (auto length : out_lengths_) {
    vectors[count] = {at, length};
    messages[count] = {&vectors[count], 1};
    at += length;
    ++count;
  }
  if (agent_ && connected_)
    nice_agent_send_messages_nonblocking(agent_, stream_, component, messages.data(),
                                         static_cast<guint>(count), nullptr, nullptr);
}

void IceTransport::close() {
  auto* agent = std::exchange(agent_, nullptr);
  if (!agent)
    return;
  connected_ = false;
  path_.forget();
  g_signal_handlers_disconnect_by_data(agent, this);
  nice_agent_attach_recv(agent, stream_, component, context_, nullptr, nullptr);
  nice_agent_remove_stream(agent, stream_);
  // Holds the agent until libnice is done with it, some iterations of the context later.
  g_main_context_push_thread_default(context_);
  nice_agent_close_async(agent, nullptr, nullptr);
  g_main_context_pop_thread_default(context_);
  g_object_unref(agent);
  forget_received();
}

} // namespace p2plive::net
