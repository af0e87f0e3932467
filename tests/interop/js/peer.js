// A viewer of few words on any implementation of RTCPeerConnection: meets the other side through the
// broker, opens the channel, exchanges, and says through the broker how the channel ended.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { Exchange } from './exchange.js';
import { openInbox, SignalKind } from './signalling.js';

/** Candidates: after the description (trickle), or all in it (full). */
export async function describe(connection, trickle, description) {
  await connection.setLocalDescription(description);
  if (!trickle && connection.iceGatheringState !== 'complete')
    await new Promise((resolve) => {
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve();
      });
    });
  return connection.localDescription.sdp;
}

/** `underway`: the channel is open at both ends, and pieces have been asked for. */
function exchangeOver(channel, options, underway) {
  channel.binaryType = 'arraybuffer';
  const exchange = new Exchange({ ...options, send: (bytes) => channel.send(bytes) });
  let askedFor = false;
  const opened = () => exchange.begin();
  if (channel.readyState === 'open') opened();
  else channel.addEventListener('open', opened);
  channel.addEventListener('message', ({ data }) => {
    exchange.received(new Uint8Array(data));
    if (askedFor || !exchange.theirs) return;
    askedFor = true;
    underway();
  });
  return new Promise((resolve) => channel.addEventListener('close', resolve));
}

/** Our offer of an ICE restart, in the middle of the exchange. */
async function restartIce(connection, inbox, session, trickle) {
  const offer = await connection.createOffer({ iceRestart: true });
  const sdp = await describe(connection, trickle, offer);
  await inbox.send({ kind: SignalKind.Offer, session, sdp });
}

/** Resolves when the channel has closed. */
export async function run(RTCPeerConnection, options) {
  const { offers, trickle } = options;
  const connection = new RTCPeerConnection({ iceServers: [] });
  let session = offers ? 1n : undefined;
  const inbox = await openInbox(options, arrived);

  async function arrived(signal) {
    if (signal.kind === SignalKind.Candidates) {
      for (const candidate of signal.candidates)
        await connection.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 });
    } else if (signal.kind === SignalKind.Offer) {
      session = signal.session;
      await connection.setRemoteDescription({ type: 'offer', sdp: signal.sdp });
      const sdp = await describe(connection, trickle, await connection.createAnswer());
      inbox.send({ kind: SignalKind.Answer, session, sdp });
    } else if (signal.kind === SignalKind.Answer) {
      await connection.setRemoteDescription({ type: 'answer', sdp: signal.sdp });
    }
  }

  // After the description, but together: a viewer takes three signals of an attempt, and has a bound
  // on the rate of more (lib/viewer/signalling.cpp).
  let found = [];
  if (trickle)
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) found.push(candidate.candidate);
      if (candidate || found.length === 0) return;
      inbox.send({ kind: SignalKind.Candidates, session, candidates: found });
      found = [];
    });
  const underway = () => {
    if (options.restarts) restartIce(connection, inbox, session, trickle);
  };
  let closed;
  if (offers) {
    closed = exchangeOver(connection.createDataChannel('p2plive'), options, underway);
    const sdp = await describe(connection, trickle, await connection.createOffer());
    await inbox.send({ kind: SignalKind.Offer, session, sdp });
  } else {
    closed = new Promise((resolve) => {
      connection.addEventListener('datachannel', ({ channel }) =>
        resolve(exchangeOver(channel, options, underway)));
    });
    await inbox.send({ kind: SignalKind.Refuse, session: 0n, reason: 'waiting for an offer' });
  }
  await closed;
  await inbox.send({ kind: SignalKind.Refuse, session, reason: 'closed' });
  await inbox.close();
  connection.close();
}
