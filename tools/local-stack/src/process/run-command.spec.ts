import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandFailed, runCommand } from './run-command.js';

describe('A command that is run to its end', () => {
  it('gives its last line, also without a line break', async () => {
    assert.deepEqual(await runCommand('printf', ['{\n}']), ['{', '}']);
  });

  it('keeps lines whole that come in pieces while it says something else as well', async () => {
    const script = 'printf begin; sleep 0.1; echo warning >&2; sleep 0.1; echo end';
    assert.deepEqual((await runCommand('sh', ['-c', script])).sort(), ['beginend', 'warning']);
  });

  it('that fails says how its output ended', async () => {
    await assert.rejects(
      runCommand('sh', ['-c', 'printf why >&2; exit 3']),
      (error: Error) => error instanceof CommandFailed && /ended with 3:\n +why$/.test(error.message),
    );
  });
});
