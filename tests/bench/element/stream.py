"""Live streams for the element's benchmark, for which nothing is encoded while it measures.

A Clip is made once: segments of MPEG-TS from ffmpeg's muxer. A Session reveals them, one after another
at their own pace, in a playlist that nginx serves, and as one growing response. Each session begins anew.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import datetime
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SEGMENT_SECONDS = 2
FRAMES_PER_SECOND = 25
LISTED = 6  # segments in a playlist
AT_START = 3  # segments that a growing response begins with, as a player of the playlist does
CLIP_SECONDS = 8  # encoded once, and repeated


class Clip:
    """`count` segments of 2 s and about `mbit` Mbit/s in `folder`, which is made."""

    def __init__(self, folder, mbit, count):
        self.folder = folder
        folder.mkdir(parents=True)
        self._encode(mbit)
        self._cut(count)
        self.files = sorted(folder.glob("*.ts"))[:count]
        listed = (folder / "all.m3u8").read_text(encoding="utf-8")
        self.durations = [float(d) for d in re.findall(r"#EXTINF:([\d.]+)", listed)][:count]
        if len(self.files) < count:
            sys.exit(f"ffmpeg has made {len(self.files)} segments of {count}")

    def bytes_per_second(self):
        return sum(f.stat().st_size for f in self.files) / sum(self.durations)

    def _encode(self, mbit):
        # Constant bitrate, filled up: the picture alone would not reach it. What MPEG-TS adds is
        # about 3 %.
        kilobits = int(mbit * 1000 * 0.97 - 64)
        rate = f"{kilobits}k"
        frames = str(FRAMES_PER_SECOND * SEGMENT_SECONDS)
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=640x360:rate={FRAMES_PER_SECOND}",
               "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", str(CLIP_SECONDS),
               "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1",
               "-pix_fmt", "yuv420p", "-g", frames, "-keyint_min", frames,
               "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", f"{kilobits // 4}k",
               "-x264-params", "nal-hrd=cbr:force-cfr=1:scenecut=0",
               "-c:a", "aac", "-b:a", "64k", self.folder / "clip.mp4")

    def _cut(self, count):
        seconds = str((count + 1) * SEGMENT_SECONDS)
        ffmpeg("-stream_loop", "-1", "-i", self.folder / "clip.mp4", "-t", seconds, "-c", "copy",
               "-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", "0",
               "-hls_segment_filename", self.folder / "%04d.ts", self.folder / "all.m3u8")


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
                    *map(str, arguments)], check=True)


class Nginx:
    """The CDN, with the configuration that ships with p2plive; serves `folder`/www."""

    def __init__(self, folder):
        self.root = folder / "www"
        self.root.mkdir(parents=True)
        self.port = free_port()
        values = {"ADDRESS": "127.0.0.1", "PORT": str(self.port), "DIRECTORY": str(folder),
                  "ROOT": str(self.root), "LOCATIONS": ""}
        shipped = ROOT / "tools/processes/conf/nginx.conf.in"
        text = re.sub(r"@([A-Z]+)@", lambda m: values[m[1]], shipped.read_text(encoding="utf-8"))
        # That is for exact logs. With so small a send buffer hlsdemux2 does not get 25 Mbit/s.
        text = text.replace(" sndbuf=16k", "")
        (folder / "nginx.conf").write_text(text, encoding="utf-8")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"])
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        sys.exit("nginx does not answer")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def close(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Session:
    """One live stream that is on air since `seconds_ago`, until close()."""

    def __init__(self, nginx, clip, name, seconds_ago=LISTED * SEGMENT_SECONDS):
        self.clip = clip
        self.folder = nginx.root / name
        self.folder.mkdir()
        self.prefix = f"/{clip.folder.relative_to(nginx.root)}/"
        self.url = nginx.url(f"{name}/live.m3u8")
        self.began = time.monotonic() - seconds_ago
        self.wall = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(
            seconds=seconds_ago)
        self.over = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.growing_url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self._write()
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self._reveal, self._accept)]
        for thread in self.threads:
            thread.start()

    def close(self):
        self.over.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for thread in self.threads:
            thread.join()
        shutil.rmtree(self.folder)

    def complete(self):
        """How many segments there are by now."""
        passed = int((time.monotonic() - self.began) / SEGMENT_SECONDS)
        return min(passed, len(self.clip.files))

    def _wait(self, segments):
        """Until there are so many. False: it is over, or they never come."""
        if segments > len(self.clip.files):
            self.over.wait()
        due = self.began + segments * SEGMENT_SECONDS
        return not self.over.wait(max(0, due - time.monotonic()))

    def _reveal(self):
        while self._wait(self.complete() + 1):
            self._write()

    def _write(self):
        end = self.complete()
        first = max(0, end - LISTED)
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}",
                 f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for number in range(first, end):
            starts = self.wall + datetime.timedelta(seconds=sum(self.clip.durations[:number]))
            lines += ["#EXT-X-PROGRAM-DATE-TIME:" + starts.isoformat(timespec="milliseconds"),
                      f"#EXTINF:{self.clip.durations[number]:.6f},",
                      self.prefix + self.clip.files[number].name]
        draft = self.folder / "draft"
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.rename(self.folder / "live.m3u8")

    def _accept(self):
        """One client at most, which gets the same segments as one response without end."""
        try:
            client, _ = self.server.accept()
        except OSError:
            return
        with client:
            try:
                self._grow(client)
            except OSError:
                pass  # it has heard enough

    def _grow(self, client):
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")
        number = max(0, self.complete() - AT_START)
        while self._wait(number + 1):
            with open(self.clip.files[number], "rb") as segment:
                size = os.fstat(segment.fileno()).st_size
                sent = 0
                while sent < size:
                    sent += os.sendfile(client.fileno(), segment.fileno(), sent, size - sent)
            number += 1
