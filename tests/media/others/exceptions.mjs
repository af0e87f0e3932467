// Where another parser reads something else than lib/media, and why it may: by parser, playlist,
// field and, where that says more, what it reads or we do. `bis` is draft-pantos-hls-rfc8216bis.
// SPDX-License-Identifier: LGPL-2.1-or-later

const any = /./;
const of = (parser) => (playlist, field, values = {}) => ({ parser, playlist, field, ...values });
const hlsJs = of('hls.js');
const hlsParser = of('hls-parser');
const m3u8Parser = of('m3u8-parser');
const one = (...names) => new RegExp(`^(${names.join('|')})$`);

export const exceptions = [
  // We keep whole nanoseconds of a duration, they what a double holds.
  ...[hlsJs, hlsParser, m3u8Parser].map((it) => it('hlssink2.m3u8', 'segments[4].duration')),

  // It does not keep the tag's number, only each segment's.
  hlsJs(any, 'discontinuitySequence', { theirs: undefined }),
  // It reads over that tag.
  hlsJs(any, 'independentSegments', { theirs: undefined }),
  // They date segments on over a discontinuity, where nothing says how much time has passed.
  hlsJs(/^a date on one side$|^generated/, /programDateTime$/, { ours: null }),
  m3u8Parser(/^a date on one side$|^generated/, /programDateTime$/, { ours: null }),
  // It gives dates only to segments with a tag of their own (RFC 8216, 6.3.3: all have one).
  hlsParser(/^date|^generated/, /programDateTime$/, { theirs: null }),
  // It does not know EXT-X-GAP (bis, 4.4.4.7).
  m3u8Parser(/^gaps|^generated/, /gap$/, { theirs: false }),

  // It does not know variables (bis, 4.3).
  hlsParser('variables', 'kind'),
  hlsParser(/^variables|^qualities with variables$|^generated/, /uri$|codecs$/,
    { theirs: /\{\$|%7B\$/ }),
  hlsParser(one('a query parameter that is not there', 'a variable defined twice',
    'a variable without a value', 'an import from nowhere', 'an undefined variable'), 'kind'),
  // It does not replace them in hexadecimal numbers, and leaves out what is undefined.
  m3u8Parser('variables', 'segments[0].key.iv'),
  m3u8Parser('an undefined variable', 'kind'),
  // It takes a missing VALUE for an empty one (bis, 4.4.2.3: it is required).
  hlsJs('a variable without a value', 'kind'),

  // They leave the merging of updates (bis, 6.2.5.1) to others.
  hlsParser('an update', /^segments/),
  m3u8Parser('an update', /^segments/),
  hlsParser(/^an update (that|of)/, 'kind'),
  m3u8Parser(/^an update (that|of)/, 'kind'),

  // They make something of what cannot be played as it is written, or leave it to the player.
  hlsParser(one('a duration that is none', 'a negative duration', 'a number that is none'), 'kind'),
  hlsJs(one('a byte range after (nothing|another file)', 'a (duration|number) that is none',
    'an iv that is none', 'a negative duration', 'a key without a (method|uri)', 'a map without a uri',
    'master and media', 'no #EXTINF', 'no bandwidth', 'no streams'), 'kind'),
  m3u8Parser(one('a byte range after (nothing|another file)', 'a (duration|number) that is none',
    'a negative duration', 'a key without a (method|uri)', 'a map without a uri', 'master and media',
    'no #EXTINF', 'no #EXTM3U', 'no bandwidth', 'no streams', 'no target duration', 'a web page',
    'empty'), 'kind'),
];
