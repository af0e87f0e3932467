// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/signal.h"

#include "schemas/signalling_generated.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using viewer::Signal;

namespace {

Signal offer() {
  Signal signal;
  signal.kind = Signal::Kind::offer;
  signal.rid.bytes.fill(1);
  signal.from.bytes.fill(2);
  signal.to.bytes.fill(3);
  signal.session = 0x1234'5678'9abc'def0;
  signal.sdp = "v=0\r\n";
  return signal;
}

} // namespace

// Rule: what was written is read.
GST_START_TEST(signals_come_through) {
  auto sent = offer();
  auto read = viewer::decode_signal(viewer::encode(sent));
  fail_unless(read.has_value());
  fail_unless(read->kind == sent.kind && read->rid == sent.rid && read->from == sent.from);
  fail_unless(read->to == sent.to && read->session == sent.session && read->sdp == sent.sdp);

  sent.kind = Signal::Kind::candidates;
  sent.sdp.clear();
  sent.candidates = {"candidate:1 1 UDP 1 127.0.0.1 9 typ host", "candidate:2"};
  read = viewer::decode_signal(viewer::encode(sent));
  fail_unless(read && read->candidates == sent.candidates);
}
GST_END_TEST;

// Rule: what is cut off anywhere, or changed anywhere, is refused or read, and never more.
GST_START_TEST(rubbish_is_survived) {
  auto whole = viewer::encode(offer());
  for (std::size_t size = 0; size < whole.size(); ++size)
    viewer::decode_signal({whole.data(), size});
  fail_if(viewer::decode_signal({whole.data(), whole.size() / 2}).has_value());
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = whole;
      changed[i] ^= std::uint8_t(1 << bit);
      viewer::decode_signal(changed);
    }
  fail_if(viewer::decode_signal({}).has_value());
}
GST_END_TEST;

// Rule: what no viewer sends is refused: too long, too many, without what its kind needs.
GST_START_TEST(bounds_hold) {
  auto signal = offer();
  signal.sdp.clear();
  fail_if(viewer::decode_signal(viewer::encode(signal)).has_value());
  signal = offer();
  signal.sdp = std::string(13 << 10, 'x');
  fail_if(viewer::decode_signal(viewer::encode(signal)).has_value());
  signal = offer();
  signal.kind = Signal::Kind::candidates;
  signal.candidates.assign(33, "candidate:1");
  fail_if(viewer::decode_signal(viewer::encode(signal)).has_value());
  signal.candidates.assign(1, std::string(300, 'x'));
  fail_if(viewer::decode_signal(viewer::encode(signal)).has_value());
}
GST_END_TEST;

// Rule: another major version is refused.
GST_START_TEST(another_major_version_is_refused) {
  flatbuffers::FlatBufferBuilder builder;
  for (unsigned major : {1, 2}) {
    builder.Clear();
    wire::ProtocolVersion version(major, 7);
    wire::Rid rid;
    wire::PeerId peer;
    auto sdp = builder.CreateString("v=0");
    builder.Finish(
        wire::CreateSignal(builder, &version, wire::SignalKind::Offer, &rid, &peer, &peer, 1, sdp),
        wire::SignalIdentifier());
    auto read = viewer::decode_signal({builder.GetBufferPointer(), builder.GetSize()});
    fail_unless_equals_int(read.has_value(), major == 1);
  }
}
GST_END_TEST;

static Suite* signal_suite() {
  auto* suite = suite_create("signal");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, signals_come_through);
  tcase_add_test(tcase, rubbish_is_survived);
  tcase_add_test(tcase, bounds_hold);
  tcase_add_test(tcase, another_major_version_is_refused);
  return suite;
}

GST_CHECK_MAIN(signal)
