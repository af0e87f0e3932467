// One side of the exchange (tests/interop/exchange.h has the other): each side has one object of `size`
// bytes, asks for the other's chunk by chunk, and says at the end what it has sent and received.
// SPDX-License-Identifier: LGPL-2.1-or-later
import * as messages from './messages.js';
import { toHex } from './wire.js';

const { MessageKind } = messages;
const chunkSize = 32712;
const requestsAtOnce = 32;

/** Bytes that no compression and no mistake repeats (xorshift32). */
function noise(size, seed) {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let at = 0; at < words.length; ++at) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

const sha256 = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));

export class Exchange {
  constructor({ size, seed, rid, self, send }) {
    this.object = { sequenceNumber: 7n, version: 0x1122334455667788n };
    this.mine = noise(size, seed);
    this.introduction = { rid, self, chunkSize };
    this.send = send;
    this.left = Infinity; // chunks that have not come
    this.next = 0;
  }

  begin() {
    this.send(messages.handshake(this.introduction));
  }

  received(bytes) {
    const message = messages.decode(bytes);
    switch (message.kind) {
      case MessageKind.Handshake:
        if (message.chunkSize !== chunkSize) throw new Error(`chunks of ${message.chunkSize} bytes`);
        this.#tell();
        break;
      case MessageKind.Name:
        this.named = message;
        break;
      case MessageKind.Have:
        this.#heard(message);
        break;
      case MessageKind.Request:
        this.#serve(message);
        break;
      case MessageKind.Piece:
        this.#take(message);
        break;
    }
  }

  /** First the name and one chunk, in brief; then all of it. */
  #tell() {
    const { object, mine: { length: size } } = this;
    this.send(messages.name({ object, size }));
    this.send(messages.have({ object, size, chunks: Math.ceil(size / chunkSize) }));
  }

  #heard({ object, size }) {
    if (!object || this.theirs) return;
    const { object: named, size: namedSize } = this.named;
    if (object.sequenceNumber !== named.sequenceNumber || object.version !== named.version || size !== namedSize)
      throw new Error(`named ${named.sequenceNumber}, ${named.version}, ${namedSize} bytes, now ` +
        `${object.sequenceNumber}, ${object.version}, ${size} bytes`);
    this.#ask({ object, size });
  }

  #ask({ object, size }) {
    this.theirs = new Uint8Array(size);
    this.theirObject = object;
    this.left = Math.ceil(size / chunkSize);
    for (let count = 0; count < requestsAtOnce; ++count) this.#request();
  }

  #request() {
    if (this.next * chunkSize < this.theirs.length)
      this.send(messages.request({ object: this.theirObject, chunk: this.next++ }));
  }

  #serve({ object, chunk }) {
    const payload = this.mine.subarray(chunk * chunkSize, (chunk + 1) * chunkSize);
    this.send(messages.piece({ object, chunk, payload }));
  }

  async #take({ chunk, payload }) {
    this.theirs.set(payload, chunk * chunkSize);
    this.#request();
    if (--this.left > 0) return;
    const [received, sent] = await Promise.all([sha256(this.theirs), sha256(this.mine)]);
    this.send(messages.bye(`received ${received} sent ${sent}`));
  }
}
