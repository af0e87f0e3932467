// What all messages share: sixteen bytes as an id, and the other way round.
// SPDX-License-Identifier: LGPL-2.1-or-later

export const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));

export const toHex = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The bytes of a struct PeerId or Rid. */
export const bytesOf = (id) => id.bb.bytes().slice(id.bb_pos, id.bb_pos + 16);
