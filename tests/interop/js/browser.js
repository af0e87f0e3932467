// The other side in a browser: page.html#{"broker": ..., ...}
// SPDX-License-Identifier: LGPL-2.1-or-later
import { run } from './peer.js';

run(RTCPeerConnection, JSON.parse(decodeURIComponent(location.hash.slice(1))))
  .then(() => console.log('done'), (error) => console.error(error.stack ?? error));
