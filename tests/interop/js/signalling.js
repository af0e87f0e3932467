// A viewer's inbox at the broker (schemas/signalling.fbs), for browsers and for Node.
// SPDX-License-Identifier: LGPL-2.1-or-later
import * as flatbuffers from 'flatbuffers';
import mqtt from 'mqtt';
import { PeerId } from 'wire/peer-id';
import { ProtocolVersion } from 'wire/protocol-version';
import { Rid } from 'wire/rid';
import { Signal } from 'wire/signal';
import { SignalKind } from 'wire/signal-kind';
import { bytesOf, fromHex, toHex } from './wire.js';

export { SignalKind };

const inboxOf = (peer) => `p2plive/v1/inbox/${peer}`;

function encode({ kind, rid, from, to, session, sdp, candidates, reason }) {
  const builder = new flatbuffers.Builder(2048);
  const text = (value) => (value ? builder.createString(value) : 0);
  const sdpAt = text(sdp);
  const reasonAt = text(reason);
  const candidatesAt = candidates
    ? Signal.createCandidatesVector(builder, candidates.map((line) => builder.createString(line)))
    : 0;
  Signal.startSignal(builder);
  Signal.addVersion(builder, ProtocolVersion.createProtocolVersion(builder, 1, 0));
  Signal.addKind(builder, kind);
  Signal.addRid(builder, Rid.createRid(builder, ...fromHex(rid)));
  Signal.addFrom(builder, PeerId.createPeerId(builder, ...fromHex(from)));
  Signal.addTo(builder, PeerId.createPeerId(builder, ...fromHex(to)));
  Signal.addSession(builder, session);
  Signal.addSdp(builder, sdpAt);
  Signal.addCandidates(builder, candidatesAt);
  Signal.addReason(builder, reasonAt);
  Signal.finishSignalBuffer(builder, Signal.endSignal(builder));
  return builder.asUint8Array();
}

function decode(payload) {
  const buffer = new flatbuffers.ByteBuffer(new Uint8Array(payload));
  if (!Signal.bufferHasIdentifier(buffer)) throw new Error('no signal');
  const signal = Signal.getRootAsSignal(buffer);
  const candidates = [];
  for (let at = 0; at < signal.candidatesLength(); ++at) candidates.push(signal.candidates(at));
  return {
    kind: signal.kind(),
    from: toHex(bytesOf(signal.from())),
    session: signal.session(),
    sdp: signal.sdp(),
    reason: signal.reason(),
    candidates,
  };
}

/** The inbox of `self`, open; `send` writes into that of `other`. */
export async function openInbox({ broker, self, other, rid }, arrived) {
  const client = await mqtt.connectAsync(broker, { clientId: self, reconnectPeriod: 0 });
  client.on('message', (topic, payload) => {
    const signal = decode(payload);
    if (signal.from === other) arrived(signal);
  });
  await client.subscribeAsync(inboxOf(self), { qos: 1 });
  const send = (signal) =>
    client.publishAsync(inboxOf(other), encode({ ...signal, rid, from: self, to: other }), { qos: 1 });
  return { send, close: () => client.endAsync() };
}
