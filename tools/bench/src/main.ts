import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs the measurements in bench/, all or those whose name contains the argument. */
const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));
const SUFFIX = '.bench.ts';

const wanted = process.argv[2] ?? '';
const all = readdirSync(join(PROJECT, 'bench'))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));
if (wanted === '--help' || wanted === '-h') {
  console.log(
    `Usage: npm run bench [-- PART_OF_A_NAME]\n\nRuns the measurements ${all.join(', ')}: ratios within one run, see docs/performance.md.`,
  );
  process.exit(0);
}
// A whole name is that one alone.
const names = all.includes(wanted) ? [wanted] : all.filter((name) => name.includes(wanted));
if (names.length === 0) {
  console.error(`no file in bench/ has "${wanted}" in its name and ends in ${SUFFIX}`);
  process.exitCode = 1;
}
for (const name of names) {
  console.log(`== ${name}`);
  const { status } = spawnSync(process.execPath, [join(PROJECT, 'dist/bench', `${name}.bench.js`)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
