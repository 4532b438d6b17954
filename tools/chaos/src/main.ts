import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startStack } from '../../local-stack/src/index.js';

const project = fileURLToPath(new URL('../../../..', import.meta.url));
const usage = `Usage: npm run chaos -- [--stories archive,routes,publish] [--seeds 1,2,3] [--jobs 36] [--publications 40] [--seconds 60]

Lets a story happen with two processes of each app, while processes are killed and stopped and their connections cut
and frozen at random for at most so many seconds, then checks that every place agrees and nothing is left under way.`;

const { values } = parseArgs({
  options: {
    stories: { type: 'string', default: 'archive,routes,publish' },
    seeds: { type: 'string', default: '1,2,3' },
    jobs: { type: 'string', default: '36' },
    seconds: { type: 'string', default: '60' },
    publications: { type: 'string', default: '40' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const stories = values.stories
  .split(',')
  .map((name) => join(project, 'dist', 'test', 'chaos', `${name}-story.js`));
const unknown = stories.find((path) => !existsSync(path));
if (unknown !== undefined) {
  console.error(`there is no story in ${unknown}\n${usage}`);
  process.exit(2);
}
const dataDirectory = await mkdtemp(join(tmpdir(), 'catena-chaos-'));
const log = (line: string): void => console.log(line);
const stack = await startStack({ dataDirectory, log, environment: process.env });
let [passed, failed] = [0, 0];
try {
  for (const story of stories)
    for (const seed of values.seeds.split(',')) {
      const { status } = spawnSync(process.execPath, ['--enable-source-maps', story], {
        stdio: 'inherit',
        env: {
          ...process.env,
          ...stack.environment,
          CHAOS_SEED: seed,
          CHAOS_JOBS: values.jobs,
          CHAOS_PUBLICATIONS: values.publications,
          CHAOS_SECONDS: values.seconds,
        },
      });
      if (status === 0) passed += 1;
      else failed += 1;
    }
} finally {
  await stack.stop();
  await rm(dataDirectory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
