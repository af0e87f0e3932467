// Playlists that every parser should read alike, and such that none should play.
// SPDX-License-Identifier: LGPL-2.1-or-later
import fs from 'node:fs';
import path from 'node:path';

/** Where all of them are said to come from. */
export const base = 'https://cdn.example/live/eu/list.m3u8?token=a%20b&n=7';

const media = (...lines) =>
  ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:4', ...lines, ''].join('\n');
const master = (...lines) => ['#EXTM3U', ...lines, ''].join('\n');
const define = (name, value) => `#EXT-X-DEFINE:NAME="${name}",VALUE="${value}"`;

const byHand = {
  'byte ranges': media('#EXTINF:4,', '#EXT-X-BYTERANGE:1000@500', 'a.ts',
    '#EXTINF:4,', '#EXT-X-BYTERANGE:700', 'a.ts', '#EXTINF:4,', '#EXT-X-BYTERANGE:9@0', 'b.ts',
    '#EXTINF:4,', '#EXT-X-BYTERANGE:8', 'b.ts'),
  'keys': media('#EXTINF:4,', 'clear.ts', '#EXT-X-KEY:METHOD=AES-128,URI="../k?a=1,2"', '#EXTINF:4,',
    'a.ts', '#EXT-X-KEY:METHOD=AES-128,URI="https://k.example/k",IV=0x0123456789abcdef0123456789ABCDEF',
    '#EXTINF:4,', 'b.ts', '#EXTINF:4,', 'c.ts', '#EXT-X-KEY:METHOD=NONE', '#EXTINF:4,', 'd.ts'),
  'sample-aes': media(
    '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="https://k.example/k",IV=0x000000000000000000000000000000FF',
    '#EXTINF:4,', 'a.ts'),
  'maps': media('#EXT-X-MAP:URI="init.mp4"', '#EXTINF:4,', 'a.m4s',
    '#EXTINF:4,', 'b.m4s', '#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@10"',
    '#EXTINF:4,', '#EXT-X-BYTERANGE:1000@730', 'all.mp4', '#EXTINF:4,', '#EXT-X-BYTERANGE:1000',
    'all.mp4'),
  'gaps and discontinuities': media('#EXT-X-MEDIA-SEQUENCE:100', '#EXT-X-DISCONTINUITY-SEQUENCE:7',
    '#EXTINF:4,', 'a.ts', '#EXT-X-DISCONTINUITY', '#EXT-X-GAP', '#EXTINF:4,', 'b.ts',
    '#EXTINF:4,', 'c.ts', '#EXT-X-DISCONTINUITY', '#EXTINF:4,', 'd.ts'),
  'begins with a discontinuity': media('#EXT-X-DISCONTINUITY-SEQUENCE:3', '#EXT-X-DISCONTINUITY',
    '#EXTINF:4,', 'a.ts', '#EXTINF:4,', 'b.ts'),
  'dates': media('#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:54:05.648Z', '#EXTINF:4,', 'a.ts',
    '#EXTINF:3.5,', 'b.ts', '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T22:24:20.1+01:30', '#EXTINF:4,',
    'c.ts', '#EXTINF:2.25,', 'd.ts'),
  'dates from the middle': media('#EXTINF:4,', 'a.ts', '#EXTINF:3.5,', 'b.ts',
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:54:20Z', '#EXTINF:4,', 'c.ts'),
  'a date on one side': media('#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:54:05Z', '#EXTINF:4,', 'a.ts',
    '#EXT-X-DISCONTINUITY', '#EXTINF:4,', 'b.ts', '#EXTINF:4,', 'c.ts'),
  'uris': media(...['a.ts', '../a.ts?q=1', '/a%20b%2Fc.ts', '//other.example/a.ts',
    'http://other.example:8080/a/../b.ts', './c.ts', '?only=query'].flatMap((uri) => ['#EXTINF:4,', uri])),
  'untidy': '\ufeff#EXTM3U\r\n#EXT-X-VERSION:3\r\n# a comment\r\n#EXT-X-TARGETDURATION:4\r\n\r\n' +
    '#EXT-X-NEW-THING:A="b,c"\r\n' +
    '#EXTINF:3.5,a title, with a comma\r\n#EXT-X-UNKNOWN\r\n\r\na.ts\r\n#EXTINF:4,\r\nb.ts',
  'a place to start': media('#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-START:TIME-OFFSET=-12.5', '#EXTINF:4,',
    'a.ts'),
  'qualities and a place to start': master('#EXT-X-START:TIME-OFFSET=3,PRECISE=YES',
    '#EXT-X-STREAM-INF:BANDWIDTH=1', 'a.m3u8'),
  'ended': media('#EXT-X-PLAYLIST-TYPE:VOD', '#EXTINF:4.0,', 'a.ts', '#EXT-X-ENDLIST'),
  'a segment that is still to come': media('#EXTINF:4,', 'a.ts', '#EXTINF:4,'),
  'no segments yet': media('#EXT-X-MEDIA-SEQUENCE:5'),
  'variables': media(define('host', 'https://h.example/x'), define('iv', '0x0123456789abcdef0123456789abcde'),
    define('e', ''),
    '#EXT-X-DEFINE:QUERYPARAM="n"', '#EXT-X-KEY:METHOD=AES-128,URI="{$host}/k{$e}?{$n}",IV={$iv}{$n}',
    '#EXT-X-MAP:URI="{$host}/i.mp4"', '#EXTINF:4,{$title}', '{$host}/{$n}.m4s{$e}?{x}$y'),
  'variables of the master': [master(define('host', 'https://h.example'), '#EXT-X-STREAM-INF:BANDWIDTH=1',
    'list.m3u8'), media('#EXT-X-DEFINE:IMPORT="host"', '#EXTINF:4,', '{$host}/a.ts')],
  'date ranges': media('#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:54:05Z',
    '#EXT-X-DATERANGE:ID="one",CLASS="ad",START-DATE="2026-11-22T20:54:05.5Z",DURATION=30.5,X-A="b,c"',
    '#EXTINF:4,', 'a.ts', '#EXTINF:4,', 'b.ts',
    '#EXT-X-DATERANGE:ID="two",START-DATE="2026-11-22T20:54:13Z",END-DATE="2026-11-22T20:54:20Z",' +
      'PLANNED-DURATION=7',
    '#EXTINF:4,', 'c.ts'),
  'low latency': media('#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24,CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3',
    '#EXT-X-PART-INF:PART-TARGET=1', '#EXTINF:4,', 'a.ts', '#EXT-X-PART:DURATION=1,URI="b.1.ts"',
    '#EXT-X-PART:DURATION=1,URI="b.2.ts"', '#EXTINF:4,', 'b.ts', '#EXT-X-PART:DURATION=1,URI="c.1.ts"',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="c.2.ts"'),
  'qualities': master('#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="en.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="in",NAME="en",DEFAULT=YES,AUTOSELECT=YES',
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="sub",NAME="de",LANGUAGE="de",URI="de.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,CODECS="avc1.4d401f,mp4a.40.2",' +
      'RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="aud",SUBTITLES="sub"',
    '720/list.m3u8?a=b', '',
    '#EXT-X-STREAM-INF:BANDWIDTH=2560000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,AUDIO="in"',
    '//other.example/1080.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.5"', 'sound.m3u8'),
  'qualities with variables': master(define('path', 'p'), '#EXT-X-DEFINE:QUERYPARAM="n"',
    define('codec', 'avc1.4d401f'),
    '#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="{$codec},mp4a.40.2",RESOLUTION=1280x720',
    '{$path}/720.m3u8?n={$n}'),
  'an update': [media('#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24,CAN-BLOCK-RELOAD=YES',
    '#EXT-X-MEDIA-SEQUENCE:10',
    '#EXT-X-DISCONTINUITY-SEQUENCE:2', '#EXT-X-MAP:URI="i.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:54:05Z', '#EXTINF:4,', 'a.m4s',
    '#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="j.mp4"', '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:55:05Z',
    '#EXTINF:4,', 'b.m4s', '#EXTINF:4,', 'c.m4s', '#EXTINF:4,', 'd.m4s'),
  media('#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24,CAN-BLOCK-RELOAD=YES', '#EXT-X-MEDIA-SEQUENCE:11',
    '#EXT-X-DISCONTINUITY-SEQUENCE:2', '#EXT-X-SKIP:SKIPPED-SEGMENTS=2', '#EXTINF:4,', 'd.m4s',
    '#EXTINF:3.5,', 'e.m4s')],
};

export const broken = {
  'empty': '',
  'a web page': '<!DOCTYPE html><html><body>403</body></html>',
  'no #EXTM3U': '#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n',
  'no target duration': '#EXTM3U\n#EXTINF:4,\na.ts\n',
  'no #EXTINF': media('#EXTINF:4,', 'a.ts', 'b.ts'),
  'a duration that is none': media('#EXTINF:long,', 'a.ts'),
  'a negative duration': media('#EXTINF:-4,', 'a.ts'),
  'master and media': media('#EXT-X-STREAM-INF:BANDWIDTH=1', 'v.m3u8', '#EXTINF:4,', 'a.ts'),
  'no bandwidth': master('#EXT-X-STREAM-INF:CODECS="avc1.4d401f"', 'v.m3u8'),
  'no streams': master('#EXT-X-STREAM-INF:BANDWIDTH=1'),
  'a key without a method': media('#EXT-X-KEY:URI="k"', '#EXTINF:4,', 'a.ts'),
  'a key without a uri': media('#EXT-X-KEY:METHOD=AES-128', '#EXTINF:4,', 'a.ts'),
  'an iv that is none': media('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xnone', '#EXTINF:4,', 'a.ts'),
  'a map without a uri': media('#EXT-X-MAP:BYTERANGE="1@0"', '#EXTINF:4,', 'a.mp4'),
  'a byte range after nothing': media('#EXTINF:4,', '#EXT-X-BYTERANGE:10', 'a.ts'),
  'a byte range after another file': media('#EXTINF:4,', '#EXT-X-BYTERANGE:10@5', 'a.ts', '#EXTINF:4,',
    '#EXT-X-BYTERANGE:10', 'b.ts'),
  'a number that is none': media('#EXT-X-MEDIA-SEQUENCE:many', '#EXTINF:4,', 'a.ts'),
  'an undefined variable': media('#EXTINF:4,', '{$host}/a.ts'),
  'a variable defined twice': media(define('a', 'x'), define('a', 'y'), '#EXTINF:4,', '{$a}.ts'),
  'a variable without a value': media('#EXT-X-DEFINE:NAME="a"', '#EXTINF:4,', 'a.ts'),
  'an import from nowhere': media('#EXT-X-DEFINE:IMPORT="a"', '#EXTINF:4,', 'a.ts'),
  'a query parameter that is not there': media('#EXT-X-DEFINE:QUERYPARAM="a"', '#EXTINF:4,', 'a.ts'),
  'an update that was not asked for': media('#EXT-X-SKIP:SKIPPED-SEGMENTS=3', '#EXTINF:4,', 'a.ts'),
  'an update of another playlist': [media('#EXTINF:4,', 'a.ts', '#EXTINF:4,', 'b.ts'),
    media('#EXT-X-MEDIA-SEQUENCE:7', '#EXT-X-SKIP:SKIPPED-SEGMENTS=2', '#EXTINF:4,', 'c.ts')],
};

/** The same numbers for the same seed, from 0 to below 1 (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A live playlist in which anything that may stand before a segment does, now and then. */
function generated(seed) {
  const draw = random(seed);
  const number = (below) => Math.floor(draw() * below);
  const ranges = draw() < 0.5;
  const lines = [`#EXT-X-MEDIA-SEQUENCE:${number(1e9)}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${number(1000)}`, define('dir', `d${number(9)}`)];
  if (draw() < 0.5)
    lines.push('#EXT-X-MAP:URI="init.mp4"');
  let offset = null;
  let time = Date.UTC(2026, 10, 22) + number(86_400_000);
  const count = 1 + number(12);
  for (let i = 0; i < count; ++i) {
    const duration = (1 + number(3)) + [0, 0.5, 0.25, 0.125][number(4)];
    const before = [];
    if (draw() < 0.15) {
      before.push('#EXT-X-DISCONTINUITY');
      time += number(1e6);
    }
    if (draw() < 0.2)
      before.push(['#EXT-X-KEY:METHOD=NONE', `#EXT-X-KEY:METHOD=AES-128,URI="k${i}"`,
        `#EXT-X-KEY:METHOD=AES-128,IV=0x${String(seed).padStart(32, '0')},URI="{$dir}/k${i}"`][number(3)]);
    if (draw() < 0.15)
      before.push(`#EXT-X-MAP:URI="init${i}.mp4"`);
    if (before.some((line) => line === '#EXT-X-DISCONTINUITY') || draw() < 0.4)
      before.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(time).toISOString()}`);
    if (draw() < 0.1)
      before.push('#EXT-X-GAP');
    lines.push(...before, `#EXTINF:${duration},${['', 'a, title'][number(2)]}`);
    if (ranges) {
      const start = offset === null || draw() < 0.3 ? number(1e6) : offset;
      const length = 1 + number(1e5);
      lines.push(`#EXT-X-BYTERANGE:${length}${start === offset ? '' : `@${start}`}`);
      offset = start + length;
      lines.push('all.mp4');
    } else {
      lines.push([`{$dir}/s${i}.m4s`, `s${i}.m4s?q=${number(9)}`, `../s${i}.m4s`,
        `/x/s${i}.m4s`, `https://b.example/s${i}.m4s`][number(5)]);
    }
    time += duration * 1000;
  }
  return media(...lines);
}

/** Name -> text, or two texts of which the second is read against the first. */
export function wellFormed(fixtures) {
  const files = fs.readdirSync(fixtures).filter((name) => name.endsWith('.m3u8'));
  const written = files.map((name) => [name, fs.readFileSync(path.join(fixtures, name), 'utf8')]);
  const made = Array.from({ length: 60 }, (_, seed) => [`generated ${seed}`, generated(seed + 1)]);
  return Object.fromEntries([...written, ...Object.entries(byHand), ...made]);
}
