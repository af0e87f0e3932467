// Other people's parsers, each made to tell what it reads in the words of playlist_json_main.cpp.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { createRequire } from 'node:module';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { base } from './playlists.mjs';

const resolve = (uri) => (uri === undefined ? undefined : new URL(uri, base).href);
const hex = (bytes) => (bytes ? Buffer.from(bytes).toString('hex') : null);
const milliseconds = (date) => (date instanceof Date ? date.getTime() : null);
const error = (message) => ({ kind: 'error', message });

/** What hls.js bundles for reading media, which no playlist needs. */
const unused = {
  name: 'unused',
  setup(build) {
    build.onResolve({ filter: /^@svta\// }, ({ path }) => ({ path, namespace: 'unused' }));
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** hls.js has no parser of its own to import; its sources come with the package. */
async function bundleHlsJs(require, modules) {
  const sources = path.join(modules, 'hls.js/src');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'p2plive-parsers-'));
  const bundle = path.join(folder, 'hls.mjs');
  const flags = fs.readdirSync(sources, { recursive: true })
    .filter((name) => String(name).endsWith('.ts'))
    .flatMap((name) => fs.readFileSync(path.join(sources, String(name)), 'utf8').match(/__[A-Z_]+__/g) ?? []);
  try {
    await require('esbuild').build({
      stdin: {
        contents: `export { default as M3U8Parser } from './loader/m3u8-parser';
                   export { mergeDetails } from './utils/level-helper';`,
        resolveDir: sources,
        loader: 'ts',
      },
      bundle: true,
      platform: 'neutral',
      outfile: bundle,
      nodePaths: [modules],
      mainFields: ['module', 'main'],
      define: { ...Object.fromEntries(flags.map((flag) => [flag, 'true'])), self: 'globalThis' },
      plugins: [unused],
      logLevel: 'error',
    });
    return await import(pathToFileURL(bundle).href);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function hlsJs({ M3U8Parser, mergeDetails }) {
  const quiet = { log() {}, warn() {}, error() {}, info() {}, debug() {}, trace() {} };
  const range = (it) => (it.byteRange.length === 0 ? null
    : { offset: it.byteRangeStartOffset, length: it.byteRangeEndOffset - it.byteRangeStartOffset });
  const key = (it) => (it ? { method: it.method, uri: it.uri, iv: hex(it.iv) } : null);
  const segment = (it) => ({
    sn: it.sn,
    uri: it.url,
    duration: it.duration,
    discontinuitySequence: it.cc,
    programDateTime: it.programDateTime ?? null,
    byteRange: range(it),
    map: it.initSegment ? { uri: it.initSegment.url, byteRange: range(it.initSegment) } : null,
    key: key(it.levelkeys?.identity),
    gap: it.gap === true,
  });
  const dateRange = (it) => ({
    id: it.id,
    class: it.class ?? '',
    start: milliseconds(it.startDate),
    end: it.attr['END-DATE'] ? milliseconds(it.endDate) : null,
    duration: it.attr.DURATION ? it.duration : null,
    plannedDuration: it.plannedDuration ?? null,
    endOnNext: it.endOnNext,
  });
  const media = (it) => ({
    kind: 'media',
    version: it.version ?? 1,
    targetDuration: it.targetduration,
    mediaSequence: it.startSN,
    discontinuitySequence: undefined,
    ended: !it.live,
    skipBoundary: it.canSkipUntil,
    startOffset: it.startTimeOffset,
    independentSegments: undefined,
    segments: it.fragments.map(segment),
    dateRanges: Object.values(it.dateRanges).map(dateRange),
  });
  const master = (it, groups) => ({
    kind: 'master',
    startOffset: it.startTimeOffset,
    independentSegments: undefined,
    variants: it.levels.map((level) => ({
      uri: level.url,
      bandwidth: level.bitrate,
      averageBandwidth: level.attrs.decimalInteger('AVERAGE-BANDWIDTH') || 0,
      codecs: level.attrs.CODECS ?? '',
      width: level.width ?? 0,
      height: level.height ?? 0,
      frameRate: level.attrs.optionalFloat('FRAME-RATE', 0),
      separateAudio: (groups.AUDIO ?? []).some((group) => group.groupId === level.attrs.AUDIO && group.url),
    })),
  });
  const parse = (text, variables) => {
    // As its loader does it.
    if (!text.startsWith('#EXTM3U') && !text.startsWith('\ufeff#EXTM3U'))
      return { failed: error('no EXTM3U delimiter') };
    if (!M3U8Parser.isMediaPlaylist(text)) {
      const list = M3U8Parser.parseMasterPlaylist(text, base);
      const groups = M3U8Parser.parseMasterPlaylistMedia(text, base, list);
      return { failed: list.playlistParsingError && error(list.playlistParsingError.message), list, groups };
    }
    const details = M3U8Parser.parseLevelPlaylist(text, base, 0, 'main', 0, variables ?? null);
    if (!details.playlistParsingError && !details.targetduration)
      return { failed: error('missing target duration') };
    return { failed: details.playlistParsingError && error(details.playlistParsingError.message), details };
  };
  return (before, text) => {
    const first = before === undefined ? {} : parse(before);
    const { failed, list, groups, details } = parse(text, first.list?.variableList);
    if (failed)
      return failed;
    if (list)
      return master(list, groups);
    if (first.details) {
      mergeDetails(first.details, details, quiet);
      if (details.playlistParsingError || details.deltaUpdateFailed)
        return error('an update that does not fit');
    } else if (details.skippedSegments) {
      return error('an update of nothing');
    }
    return media(details);
  };
}

function hlsParser({ default: HLS }) {
  const range = (it) => (it ? { offset: it.offset, length: it.length } : null);
  const segment = (it) => ({
    sn: it.mediaSequenceNumber,
    uri: resolve(it.uri),
    duration: it.duration,
    discontinuitySequence: it.discontinuitySequence,
    programDateTime: milliseconds(it.programDateTime),
    byteRange: range(it.byterange),
    map: it.map ? { uri: resolve(it.map.uri), byteRange: range(it.map.byterange) } : null,
    key: it.key && it.key.method !== 'NONE'
      ? { method: it.key.method, uri: resolve(it.key.uri), iv: hex(it.key.iv) } : null,
    gap: it.gap === true,
  });
  const dateRange = (it) => ({
    id: it.id,
    class: it.classId ?? '',
    start: milliseconds(it.start),
    end: milliseconds(it.end),
    duration: it.duration ?? null,
    plannedDuration: it.plannedDuration ?? null,
    endOnNext: it.endOnNext === true,
  });
  const media = (it) => ({
    kind: 'media',
    version: it.version ?? 1,
    targetDuration: it.targetDuration,
    mediaSequence: it.mediaSequenceBase ?? 0,
    discontinuitySequence: it.discontinuitySequenceBase ?? 0,
    ended: it.endlist,
    skipBoundary: it.lowLatencyCompatibility?.canSkipUntil ?? 0,
    startOffset: it.start?.offset ?? null,
    independentSegments: it.independentSegments,
    segments: it.segments.filter(({ uri }) => uri !== '').map(segment),
    dateRanges: it.segments.filter((it) => it.dateRange).map((it) => dateRange(it.dateRange)),
  });
  const master = (it) => ({
    kind: 'master',
    startOffset: it.start?.offset ?? null,
    independentSegments: it.independentSegments,
    variants: it.variants.filter(({ isIFrameOnly }) => !isIFrameOnly).map((variant) => ({
      uri: resolve(variant.uri),
      bandwidth: variant.bandwidth,
      averageBandwidth: variant.averageBandwidth ?? 0,
      codecs: variant.codecs ?? '',
      width: variant.resolution?.width ?? 0,
      height: variant.resolution?.height ?? 0,
      frameRate: variant.frameRate ?? 0,
      separateAudio: variant.audio.some((audio) => audio.uri),
    })),
  });
  return (before, text) => {
    HLS.setOptions({ strictMode: true });
    try {
      const it = HLS.parse(text);
      return it.isMasterPlaylist ? master(it) : media(it);
    } catch (problem) {
      return error(problem.message);
    }
  };
}

function m3u8Parser({ Parser }) {
  const range = (it) => (it ? { offset: it.offset, length: it.length } : null);
  /** Four big-endian words. */
  const iv = (words) => (words
    ? [...words].map((word) => word.toString(16).padStart(8, '0')).join('') : null);
  const key = (it) => (it ? { method: it.method, uri: resolve(it.uri), iv: iv(it.iv) } : null);
  const segment = (first) => (it, index) => ({
    sn: first + index,
    uri: resolve(it.uri),
    duration: it.duration,
    discontinuitySequence: it.timeline,
    programDateTime: it.programDateTime ?? null,
    byteRange: range(it.byterange),
    map: it.map ? { uri: resolve(it.map.uri), byteRange: range(it.map.byterange) } : null,
    key: key(it.key),
    gap: it.gap === true,
  });
  const dateRange = (it) => ({
    id: it.id,
    class: it.class ?? '',
    start: milliseconds(it.startDate),
    end: milliseconds(it.endDate),
    duration: it.duration ?? null,
    plannedDuration: it.plannedDuration ?? null,
    endOnNext: it.endOnNext === true,
  });
  const media = (it) => ({
    kind: 'media',
    version: it.version ?? 1,
    targetDuration: it.targetDuration,
    mediaSequence: it.mediaSequence ?? 0,
    discontinuitySequence: it.discontinuitySequence ?? 0,
    ended: it.endList === true,
    skipBoundary: it.serverControl?.canSkipUntil ?? 0,
    startOffset: it.start?.timeOffset ?? null,
    independentSegments: it.independentSegments === true,
    segments: it.segments.map(segment(it.mediaSequence ?? 0)),
    dateRanges: (it.dateRanges ?? []).map(dateRange),
  });
  const master = (it) => ({
    kind: 'master',
    startOffset: it.start?.timeOffset ?? null,
    independentSegments: it.independentSegments === true,
    variants: it.playlists.map(({ uri, attributes = {} }) => ({
      uri: resolve(uri),
      bandwidth: attributes.BANDWIDTH,
      averageBandwidth: Number(attributes['AVERAGE-BANDWIDTH'] ?? 0),
      codecs: attributes.CODECS ?? '',
      width: attributes.RESOLUTION?.width ?? 0,
      height: attributes.RESOLUTION?.height ?? 0,
      frameRate: attributes['FRAME-RATE'] ?? 0,
      separateAudio: Object.values(it.mediaGroups.AUDIO[attributes.AUDIO] ?? {}).some((group) => group.uri),
    })),
  });
  const parse = (text, mainDefinitions) => {
    const parser = new Parser({ uri: base, mainDefinitions });
    let problem;
    parser.on('error', (event) => { problem ??= event.message; });
    try {
      parser.push(text);
      parser.end();
    } catch (thrown) {
      problem ??= thrown.message;
    }
    return { problem, manifest: parser.manifest };
  };
  return (before, text) => {
    const definitions = before === undefined ? {} : parse(before).manifest.definitions;
    const { problem, manifest } = parse(text, definitions);
    if (problem)
      return error(problem);
    return manifest.playlists ? master(manifest) : media(manifest);
  };
}

/** Name -> function of the text before (or none) and the text. */
export async function makeReaders(modules) {
  const require = createRequire(path.join(modules, 'x'));
  return {
    'hls.js': hlsJs(await bundleHlsJs(require, modules)),
    'hls-parser': hlsParser({ default: require('hls-parser') }),
    'm3u8-parser': m3u8Parser(require('m3u8-parser')),
  };
}
