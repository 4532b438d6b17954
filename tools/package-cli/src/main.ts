import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packCommandLine } from './pack.js';

const project = fileURLToPath(new URL('../../../../', import.meta.url));
const tarball = await packCommandLine(project, join(project, 'dist', 'packages'));
const { size } = await stat(tarball);
process.stdout.write(
  `${tarball} (${Math.ceil(size / 1024)} KiB); install it with: npm install --global ${tarball}\n`,
);
