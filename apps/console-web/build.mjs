#!/usr/bin/env node
// Bundles the browser part of the console into dist/apps/console-web: index.html and assets/NAME-HASH.*.
// Plain JavaScript, so that the image, which is built without tools/, can run it; tsc has checked the sources before.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, '../..');
const target = join(project, 'dist/apps/console-web');
const assets = join(target, 'assets');

/** Kilobytes of what the first page needs, gzipped (docs/decisions/0090). */
const budgets = { js: 190, css: 20 };

const common = {
  absWorkingDir: project,
  bundle: true,
  minify: true,
  sourcemap: process.argv.includes('--sourcemap'),
  metafile: true,
  outdir: assets,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  target: ['es2022', 'chrome123', 'firefox121', 'safari17.5'],
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  logLevel: 'warning',
};

const folder = join(here, 'src');
rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
const [app, early, style] = await Promise.all([
  build({
    ...common,
    entryPoints: { main: join(folder, 'main.tsx') },
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    // Of our own libraries the sources, as tsc reads them; of packages what they give to browsers.
    conditions: ['source', 'browser'],
    tsconfig: join(here, 'tsconfig.json'),
  }),
  build({ ...common, entryPoints: { early: join(folder, 'early.ts') }, format: 'iife' }),
  build({ ...common, entryPoints: { style: join(folder, 'style/main.css') } }),
]);

/** The name of what an entry became. */
function nameOf({ metafile }, entry) {
  const [path] = Object.entries(metafile.outputs).find(
    ([, { entryPoint }]) => entryPoint === `apps/console-web/src/${entry}`,
  );
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A file, and what it imports at once: what a browser fetches before it shows anything. */
function firstLoad({ metafile }, name) {
  const byName = new Map(Object.entries(metafile.outputs).map(([path, output]) => [path, output]));
  const start = [...byName.keys()].find((path) => path.endsWith(`/${name}`));
  const found = new Set();
  const take = (path) => {
    if (found.has(path) || !byName.has(path)) return;
    found.add(path);
    for (const { path: other, kind } of byName.get(path).imports)
      if (kind === 'import-statement') take(other);
  };
  take(start);
  return [...found];
}

const names = {
  main: nameOf(app, 'main.tsx'),
  early: nameOf(early, 'early.ts'),
  style: nameOf(style, 'style/main.css'),
};
const chunks = firstLoad(app, names.main).filter((path) => !path.endsWith(`/${names.main}`));
const html = readFileSync(join(folder, 'index.html'), 'utf8')
  .replace('MAIN', names.main)
  .replace('EARLY', names.early)
  .replace('STYLE', names.style)
  .replace(
    '<!-- CHUNKS -->',
    chunks
      .map(
        (path) =>
          `<link rel="modulepreload" href="/console/assets/${path.slice(path.lastIndexOf('/') + 1)}" />`,
      )
      .join('\n    '),
  );
writeFileSync(join(target, 'index.html'), html);

const kilobytes = (paths) =>
  paths.reduce((sum, path) => sum + gzipSync(readFileSync(join(project, path))).length, 0) / 1024;
const sizes = {
  js: kilobytes(firstLoad(app, names.main)),
  css: kilobytes([`dist/apps/console-web/assets/${names.style}`]),
};
process.stderr.write(
  `console-web: ${readdirSync(assets).length} files; first load ${sizes.js.toFixed(1)} KB of JavaScript and ${sizes.css.toFixed(1)} KB of CSS, gzipped\n`,
);
const heavy = Object.keys(budgets).filter((kind) => sizes[kind] > budgets[kind]);
for (const kind of heavy)
  process.stderr.write(
    `console-web: expected at most ${budgets[kind]} KB of ${kind}, found ${sizes[kind].toFixed(1)}: load parts of it later with import(), or see what became larger with esbuild's --analyze\n`,
  );
if (heavy.length > 0) process.exit(1);
