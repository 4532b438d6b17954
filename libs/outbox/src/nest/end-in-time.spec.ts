import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

const program = `
  import { ending } from '${import.meta.resolve('#kernel')}';
  import { endInTime } from '${import.meta.resolve('./end-in-time.js')}';
  endInTime(200, { fatal: (facts, text) => console.log(JSON.stringify({ facts, text })) });
  process.on('SIGTERM', () => void ending.waitFor('goodbye to the database', new Promise(() => undefined)));
  setInterval(() => undefined, 1000);
  console.log('ready');
`;

describe('A process that is told to end', () => {
  it('says what it still waits for when its time is over, and ends with an error', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 1);
    const { facts } = JSON.parse(output.split('\n')[1] ?? '') as { facts: object };
    assert.deepEqual(facts, { waitingFor: ['goodbye to the database'], deadline: 200 });
  });
});
