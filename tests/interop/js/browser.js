// The other side in a browser: page.html#{"broker": ..., ...}
// SPDX-License-Identifier: LGPL-2.1-or-later
import { hold } from './hold.js';
import { run } from './peer.js';

const options = JSON.parse(decodeURIComponent(location.hash.slice(1)));
(options.hold ? hold : run)(RTCPeerConnection, options)
  .then(() => console.log('done'), (error) => console.error(error.stack ?? error));
