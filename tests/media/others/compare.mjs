// Whether lib/media and three other parsers read the same playlists alike, field by field:
//   compare.mjs PROGRAM FIXTURES NODE_MODULES
// Where they must not, exceptions.mjs says why; an exception that nothing needs is an error as well.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { exceptions } from './exceptions.mjs';
import { base, broken, wellFormed } from './playlists.mjs';

const [program, fixtures, modules] = process.argv.slice(2).map((name) => path.resolve(name));

/** Every leaf by its path: `segments[2].key.uri`. */
function* leaves(value, at = '') {
  if (value === null || typeof value !== 'object')
    yield [at, value];
  else
    for (const [name, part] of Object.entries(value))
      yield* leaves(part, Array.isArray(value) ? `${at}[${name}]` : at ? `${at}.${name}` : name);
}

function differences(ours, theirs) {
  if (ours.kind === 'error' || theirs.kind === 'error')
    return ours.kind === theirs.kind ? [] : [['kind', ours.kind, theirs.kind]];
  const [a, b] = [new Map(leaves(ours)), new Map(leaves(theirs))];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((at) => a.get(at) !== b.get(at))
    .map((at) => [at, a.get(at), b.get(at)]);
}

const matches = (pattern, text) => (pattern instanceof RegExp ? pattern.test(text) : pattern === text);
const excuses = (it, parser, playlist, field, ours, theirs) => it.parser === parser &&
  matches(it.playlist, playlist) && matches(it.field, field) &&
  (!('ours' in it) || matches(it.ours, ours)) && (!('theirs' in it) || matches(it.theirs, theirs));

let readers;
try {
  readers = await (await import('./readers.mjs')).makeReaders(modules);
} catch (problem) {
  console.error(`Run "npm ci --ignore-scripts" in tests/node first: ${problem.message}`);
  process.exit(1);
}
let compared = 0;
let wrong = 0;
const unneeded = new Set(exceptions);
for (const [name, playlist] of Object.entries({ ...wellFormed(fixtures), ...broken })) {
  const texts = [playlist].flat();
  const ours = JSON.parse(execFileSync(program, [base], { input: texts.join('\n====\n') }));
  if ((ours.kind === 'error') !== (name in broken)) {
    ++wrong;
    console.error(`${name}: we read ${ours.kind} ${ours.message ?? ''}`);
  }
  for (const [parser, read] of Object.entries(readers)) {
    const theirs = read(...(texts.length > 1 ? texts : [undefined, texts[0]]));
    ++compared;
    for (const [at, our, their] of differences(ours, theirs)) {
      const known = exceptions.find((it) => excuses(it, parser, name, at, our, their));
      unneeded.delete(known);
      if (known)
        continue;
      ++wrong;
      console.error(`${name}: ${at}: we read ${our}, ${parser} ${their} ${theirs.message ?? ''}`);
    }
  }
}
for (const it of unneeded) {
  ++wrong;
  console.error(`nothing needs the exception of ${it.parser} for ${it.field} in ${it.playlist}`);
}
console.log(`${compared} readings compared, ${wrong} wrong`);
process.exit(wrong > 0 || compared === 0 ? 1 : 0);
