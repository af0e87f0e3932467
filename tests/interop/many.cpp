// SPDX-License-Identifier: LGPL-2.1-or-later
#include "many.h"

#include <utility>

namespace p2plive::test {

using viewer::Signal;

namespace {

net::MqttClient::Options inbox(const Meeting& meeting) {
  net::MqttClient::Options options;
  options.host = "127.0.0.1";
  options.port = meeting.broker_port;
  options.client_id = meeting.self.to_hex();
  options.inbox = viewer::inbox_of(meeting.self);
  return options;
}

} // namespace

Many::Many(GMainContext* context, const Meeting& meeting)
    : context_(context), meeting_(meeting), certificate_(net::Certificate::generate()),
      client_(context, inbox(meeting), {{}, {}, [this](auto, auto payload) {
                                          if (auto signal = viewer::decode_signal(payload))
                                            arrived(*signal);
                                        }}) {}

void Many::arrived(const Signal& signal) {
  if (signal.kind == Signal::Kind::refuse)
    met_ = true;
  if (signal.kind == Signal::Kind::answer && signal.session - 1 < connections_.size())
    connections_[signal.session - 1]->accept_answer(signal.sdp);
}

void Many::connect() {
  net::PeerConnectionOptions options;
  options.certificate = certificate_;
  options.local_addresses = {"127.0.0.1"};
  net::PeerConnectionEvents events;
  events.local_description = [this, number = connections_.size()](std::string sdp) {
    send_offer(number, std::move(sdp));
  };
  events.open = [this] { ++open_; };
  events.closed = [this](std::string why) { failure = std::move(why); };
  connections_.push_back(
      std::make_unique<net::PeerConnection>(context_, std::move(options), std::move(events)));
  connections_.back()->offer();
}

void Many::send_offer(std::size_t number, std::string sdp) {
  Signal signal;
  signal.kind = Signal::Kind::offer;
  signal.rid = meeting_.rid;
  signal.from = meeting_.self;
  signal.to = meeting_.other;
  signal.session = number + 1;
  signal.sdp = std::move(sdp);
  client_.publish(viewer::inbox_of(meeting_.other), viewer::encode(signal));
}

} // namespace p2plive::test
