import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandLine } from '../test/support/command-line.js';
import { Installation } from '../test/support/installation.js';

/** Many tiny files from a folder into the archive's landing zone, with the real command. */
const count = Number(process.env['INGEST_FILES'] ?? 2000);

const installation = await Installation.create({
  sharedAccounts: true,
  environment: { LOG_LEVEL: 'warn' },
});
const folder = join(installation.directory, 'tiny');
let shell: CommandLine | undefined;
try {
  await installation.start();
  shell = await CommandLine.create(installation.url);
  await mkdir(folder);
  for (let index = 0; index < count; index += 1)
    await writeFile(join(folder, `frame-${index}.raw`), `content of frame ${index}\n`);
  const password = installation.settings.secrets.accounts.demo;
  await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`);
  const began = performance.now();
  const ended = await shell.run(['ingest', folder, '--owner-group', 'demo-group', '--json']);
  assert.equal(ended.code, 0, ended.stderr);
  const seconds = (performance.now() - began) / 1000;
  console.log(`${count} tiny files: ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} /s`);
  console.log(ended.stdout);
} finally {
  await shell?.remove();
  await installation.stop(process.env['KEEP'] !== undefined);
}
