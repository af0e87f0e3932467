// libwebrtc, through @roamhq/wrtc.
// SPDX-License-Identifier: LGPL-2.1-or-later
import wrtc from "@roamhq/wrtc";

export class Connection {
  /** `events`: description(text), open(), message(bytes), drained(). */
  constructor(name, events) {
    this.events = events;
    this.peer = new wrtc.RTCPeerConnection({ iceServers: [] });
    this.peer.onicegatheringstatechange = () => {
      if (this.peer.iceGatheringState !== "complete" || this.described)
        return;
      this.described = true; // "complete" is told more than once
      events.description(JSON.stringify(this.peer.localDescription));
    };
    this.peer.ondatachannel = ({ channel }) => this.#take(channel);
  }

  async offer() {
    this.#take(this.peer.createDataChannel("bench"));
    await this.peer.setLocalDescription(await this.peer.createOffer());
  }

  async accept(text) {
    const description = JSON.parse(text);
    await this.peer.setRemoteDescription(description);
    if (description.type === "offer")
      await this.peer.setLocalDescription(await this.peer.createAnswer());
  }

  send(message) {
    this.channel.send(message);
    this.poll ??= setInterval(() => this.events.drained(), 1); // it knows no bufferedamountlow
  }

  buffered() { return this.channel.bufferedAmount; }

  #take(channel) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.events.message(data.byteLength);
    if (channel.readyState === "open")
      this.events.open();
    else
      channel.onopen = () => this.events.open();
  }
}
