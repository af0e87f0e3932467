// libdatachannel, through node-datachannel.
// SPDX-License-Identifier: LGPL-2.1-or-later
import nodeDataChannel from "node-datachannel";

export class Connection {
  /** `events`: description(text), open(), message(bytes), drained(). */
  constructor(name, events) {
    this.events = events;
    this.peer = new nodeDataChannel.PeerConnection(name, { iceServers: [] });
    this.peer.onGatheringStateChange((state) => {
      if (state !== "complete")
        return;
      const { sdp, type } = this.peer.localDescription();
      events.description(JSON.stringify({ sdp, type }));
    });
    this.peer.onDataChannel((channel) => this.#take(channel));
  }

  offer() { this.#take(this.peer.createDataChannel("bench")); }

  accept(text) {
    const { sdp, type } = JSON.parse(text);
    this.peer.setRemoteDescription(sdp, type);
  }

  send(message) { this.channel.sendMessageBinary(message); }
  buffered() { return this.channel.bufferedAmount(); }

  #take(channel) {
    this.channel = channel;
    channel.setBufferedAmountLowThreshold(32 * 1024);
    channel.onBufferedAmountLow(() => this.events.drained());
    channel.onMessage((message) => this.events.message(message.length));
    if (channel.isOpen())
      this.events.open();
    else
      channel.onOpen(() => this.events.open());
  }
}
