// SPDX-License-Identifier: LGPL-2.1-or-later
#include "our_side.h"

#include "net/certificate.h"

#include <utility>

namespace p2plive::test {

using viewer::Signal;

OurSide::OurSide(GMainContext* context, const Meeting& meeting, std::size_t size)
    : exchange({size, 0x1234567, meeting.rid, meeting.self},
               [this](auto head, auto body) { return connection_->send(head, body); }),
      meeting_(meeting), signalling_(context, meeting.self, meeting.rid,
                                     {[this](const Signal& signal) { arrived(signal); }, {}}) {
  net::PeerConnectionOptions options;
  options.certificate = net::Certificate::generate();
  options.local_addresses = {"127.0.0.1"};
  net::PeerConnectionEvents events;
  events.local_description = [this](std::string sdp) { describe(std::move(sdp), meeting_.offers); };
  events.restart_description = [this](bool offers, std::string sdp) {
    restarts += !offers;
    describe(std::move(sdp), offers);
  };
  events.open = [this] {
    open = true;
    exchange.begin();
  };
  events.message = [this](auto bytes) { exchange.received(bytes); };
  events.closed = [this](std::string why) {
    closed = true;
    reason = std::move(why);
  };
  connection_ =
      std::make_unique<net::PeerConnection>(context, std::move(options), std::move(events));
  signalling_.use({{"127.0.0.1", meeting.broker_port, false}});
}

void OurSide::describe(std::string sdp, bool offers) {
  Signal signal;
  signal.kind = offers ? Signal::Kind::offer : Signal::Kind::answer;
  signal.to = meeting_.other;
  signal.session = session_;
  signal.sdp = std::move(sdp);
  signalling_.send(std::move(signal));
}

void OurSide::note_candidates(const std::string& sdp) {
  constexpr std::string_view key = "a=candidate:";
  for (auto at = sdp.find(key); at != sdp.npos; at = sdp.find(key, at + 1))
    candidates.push_back(sdp.substr(at + 2, sdp.find('\r', at) - at - 2));
}

void OurSide::arrived(const Signal& signal) {
  note_candidates(signal.sdp);
  switch (signal.kind) {
  case Signal::Kind::offer:
    session_ = signal.session;
    connection_->accept_offer(signal.sdp);
    break;
  case Signal::Kind::answer:
    restarts += open;
    connection_->accept_answer(signal.sdp);
    break;
  case Signal::Kind::candidates:
    candidates.insert(candidates.end(), signal.candidates.begin(), signal.candidates.end());
    connection_->add_candidates(signal.candidates);
    break;
  case Signal::Kind::refuse:
    last_refusal = signal.reason;
    if (meeting_.offers && signal.session == 0) // the other side waits
      connection_->offer();
    break;
  }
}

} // namespace p2plive::test
