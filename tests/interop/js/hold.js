// Answers every offer that comes, and holds its channel: for measuring idle connections.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe } from './peer.js';
import { openInbox, SignalKind } from './signalling.js';

const held = [];

export async function hold(RTCPeerConnection, options) {
  const inbox = await openInbox(options, async ({ kind, session, sdp }) => {
    if (kind !== SignalKind.Offer) return;
    const connection = new RTCPeerConnection({ iceServers: [] });
    held.push(connection);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    const answer = await describe(connection, false, await connection.createAnswer());
    await inbox.send({ kind: SignalKind.Answer, session, sdp: answer });
  });
  await inbox.send({ kind: SignalKind.Refuse, session: 0n, reason: 'waiting for offers' });
}
