// The other side in Node: node.mjs wrtc|node-datachannel '{"broker": ..., ...}'
// SPDX-License-Identifier: LGPL-2.1-or-later
import { webcrypto } from 'node:crypto';
import { run } from './peer.js';

globalThis.crypto ??= webcrypto; // Node 18 has it under this name only

const [library, options] = process.argv.slice(2);
const libraries = {
  wrtc: async () => (await import('@roamhq/wrtc')).default.RTCPeerConnection,
  'node-datachannel': async () => (await import('node-datachannel/polyfill')).RTCPeerConnection,
};
await run(await libraries[library](), JSON.parse(options));
process.exit(0); // whatever threads the library keeps
