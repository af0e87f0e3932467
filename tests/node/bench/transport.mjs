// The throughput experiment of transport-bench with another library, in Node.js:
//
//   node transport.mjs LIBRARY CONNECTIONS MESSAGE-BYTES SECONDS
//
// LIBRARY: node_datachannel or wrtc. Prints the same line of JSON.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const keptQueued = 1024 * 1024;
const [library, connections, size, time] = process.argv.slice(2);
const { Connection } = await import(`./${library}.mjs`);

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One process's ends of the connections; `say` reaches the other process. */
class Side {
  constructor(say) {
    this.say = say;
    this.links = [];
  }

  make(number, opened = () => {}, drained = () => {}) {
    const link = { received: 0 };
    link.connection = new Connection(`bench ${number}`, {
      description: (text) => this.say({ number, text }),
      open: opened,
      message: (bytes) => { link.received += bytes; },
      drained,
    });
    this.links[number] = link;
    return link.connection;
  }

  hear({ number, text }) {
    (this.links[number]?.connection ?? this.make(number)).accept(text);
  }
}

function serve() {
  const side = new Side((what) => process.send(what));
  let began, cpu, before;
  process.on("message", (what) => {
    if (what === "begin") {
      began = performance.now();
      cpu = cpuSeconds();
      before = side.links.map((link) => link.received);
    } else if (what === "end") {
      const bytes = side.links.map((link, number) => link.received - before[number]);
      const all = bytes.reduce((sum, one) => sum + one, 0);
      process.send({ result: {
        seconds: (performance.now() - began) / 1000,
        bytes: all,
        receiver_cpu: cpuSeconds() - cpu,
        min_share: all ? Math.min(...bytes) * bytes.length / all : 0,
      } });
    } else {
      side.hear(what);
    }
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}

async function measure(count, message, seconds) {
  const other = fork(fileURLToPath(import.meta.url), [library], { stdio: "inherit" });
  const side = new Side((what) => other.send(what));
  let tellResult;
  const result = new Promise((resolve) => { tellResult = resolve; });
  other.on("message", (what) => what.result ? tellResult(what.result) : side.hear(what));

  const fill = (connection) => {
    while (connection.buffered() < keptQueued)
      connection.send(message);
  };
  const open = [];
  for (let number = 0; number < count; ++number) {
    open.push(new Promise((opened) => {
      const connection = side.make(number, opened, () => fill(connection));
      connection.offer();
    }));
  }
  await Promise.all(open);
  side.links.forEach((link) => fill(link.connection));
  await wait(500);
  other.send("begin");
  let cpu = cpuSeconds();
  const began = performance.now();
  await wait(seconds * 1000);
  other.send("end");
  cpu = cpuSeconds() - cpu;
  const senderSeconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify(
    { sender_seconds: senderSeconds, sender_cpu: cpu, ...await result }));
  other.kill("SIGKILL");
  process.kill(process.pid, "SIGKILL"); // neither library's own end is part of what is measured
}

if (process.send) {
  serve();
} else {
  setTimeout(() => process.exit(1), 60_000).unref();
  await measure(Number(connections), new Uint8Array(Number(size)).fill(42), Number(time));
}
