import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

const program = (hang: string) => `
  import { execFileSync } from 'node:child_process';
  import { open } from 'node:fs';
  import { ending } from '${import.meta.resolve('#kernel')}';
  import { endInTime } from '${import.meta.resolve('./end-in-time.js')}';
  endInTime(200, { fatal: (facts, text) => console.log(JSON.stringify({ facts, text })) });
  process.on('SIGTERM', () => void ending.waitFor('goodbye to the database', new Promise(() => undefined)));
  setInterval(() => undefined, 1000);
  ${hang}
  console.log('ready');
`;

describe('A process that is told to end', () => {
  for (const [what, hang] of [
    ['', ''],
    [
      ', also with a thread that a file system holds',
      `const pipe = '/tmp/catena-pipe-' + process.pid; execFileSync('mkfifo', [pipe]); open(pipe, 'r', () => undefined); setTimeout(() => execFileSync('rm', [pipe]), 100);`,
    ],
  ] as const)
    it(`says what it still waits for when its time is over, and ends${what}`, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program(hang)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.equal(signal, 'SIGTERM');
      const { facts } = JSON.parse(output.split('\n')[1] ?? '') as { facts: object };
      assert.deepEqual(facts, { waitingFor: ['goodbye to the database'], deadline: 200 });
    });
});
