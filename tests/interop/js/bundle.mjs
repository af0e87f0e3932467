// Makes the scripts of the other side: bundle.mjs SCHEMAS NODE_MODULES OUTPUT. Writes browser.js, page.html
// and node.mjs. The messages' code is generated from the real schemas.
// SPDX-License-Identifier: LGPL-2.1-or-later
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [schemas, modules, output] = process.argv.slice(2).map((name) => path.resolve(name));
const here = path.dirname(fileURLToPath(import.meta.url));

/** flatc 2.0 has no arrays in TypeScript; sixteen fields are the same bytes. */
const withoutArrays = (schema) =>
  schema.replace(/bytes:\[ubyte:16\];/g, () =>
    Array.from({ length: 16 }, (_, at) => `b${at}:ubyte;`).join(' '));

function generate() {
  const rewritten = path.join(output, 'schemas');
  fs.mkdirSync(rewritten, { recursive: true });
  const files = ['common.fbs', 'signalling.fbs', 'peer.fbs'];
  for (const file of files)
    fs.writeFileSync(path.join(rewritten, file),
      withoutArrays(fs.readFileSync(path.join(schemas, file), 'utf8')));
  execFileSync('flatc', ['--ts', '-I', rewritten, '-o', output,
    ...files.map((file) => path.join(rewritten, file))]);
}

generate();
let esbuild;
try {
  esbuild = createRequire(path.join(modules, 'x'))('esbuild');
} catch {
  console.error('Run "npm ci --ignore-scripts" in tests/node first.');
  process.exit(1);
}
const common = {
  bundle: true,
  target: 'es2022',
  nodePaths: [modules],
  alias: { wire: path.join(output, 'p2plive/wire') },
};
await Promise.all([
  esbuild.build({
    ...common,
    entryPoints: [path.join(here, 'browser.js')],
    outfile: path.join(output, 'browser.js'),
    platform: 'browser',
    define: { global: 'globalThis' },
  }),
  esbuild.build({
    ...common,
    entryPoints: [path.join(here, 'node.js')],
    outfile: path.join(output, 'node.mjs'),
    platform: 'node',
    format: 'esm',
    external: ['@roamhq/wrtc', 'node-datachannel'],
    // Packages written for require() find it; what is external is looked up beside this file.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
  }),
]);
fs.copyFileSync(path.join(here, 'page.html'), path.join(output, 'page.html'));
fs.rmSync(path.join(output, 'node_modules'), { force: true });
fs.symlinkSync(modules, path.join(output, 'node_modules'));
