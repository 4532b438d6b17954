import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { programFor } from '../program.js';
import { completion, type Shell } from './completion.js';

const program = programFor(() => assert.fail('no command runs here'));

async function scriptFor(shell: Shell): Promise<string> {
  return (await completion(program, shell)).lines.join('\n');
}

/** What bash offers after these words, the last of which is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(' ');
  const script = `${await scriptFor('bash')}
    COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _catena; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '--noprofile', '-c', script], { cwd: '/' });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('The completion of the shell', () => {
  it('offers commands first, by what was typed of them', async () => {
    const commands = program.commands.map((command) => command.name());
    assert.deepEqual(
      (await offered('catena', '')).filter((word) => !word.startsWith('-')),
      commands,
    );
    assert.deepEqual(await offered('catena', 'ret'), ['retrieve']);
    assert.deepEqual(await offered('catena', '--json', '--profile', 'lab', 'wh'), ['whoami']);
  });

  it('offers the options of the command, and those of all', async () => {
    assert.deepEqual(await offered('catena', 'retrieve', 'pid', '--o'), ['--overwrite']);
    assert.deepEqual(await offered('catena', '--profile', 'lab', 'login', '--d'), ['--device']);
    assert.deepEqual(await offered('catena', 'archive', '--qu'), ['--quiet']);
    assert.deepEqual(await offered('catena', 'completion', 'f'), ['fish']);
  });

  it('offers what stands below a command, however deep, and the options there', async () => {
    assert.deepEqual(await offered('catena', 'ops', 'wo'), ['work-orders', 'workers', 'works']);
    assert.deepEqual(await offered('catena', 'ops', 'parked', 're'), ['replay', 'restore']);
    assert.deepEqual(await offered('catena', '--json', 'ops', 'parked', 'bulk', 'replay', '--ex'), [
      '--expected',
    ]);
    assert.deepEqual(await offered('catena', 'ops', 'copies', 'list', '--veri'), ['--verified-before']);
  });

  it('offers files where a folder or a value belongs', async () => {
    assert.ok((await offered('catena', 'ingest', 'us')).includes('usr'));
    assert.ok((await offered('catena', 'retrieve', 'pid', '--to', 'us')).includes('usr'));
  });

  for (const shell of ['zsh', 'fish'] as const)
    it(`names every command and option for ${shell}, in quotes that are closed`, async () => {
      const script = await scriptFor(shell);
      const all = (commands: readonly Command[]): Command[] =>
        commands.flatMap((command) => [command, ...all(command.commands)]);
      for (const command of all(program.commands)) {
        assert.ok(script.includes(command.name()), command.name());
        for (const { long } of command.options)
          assert.ok(script.includes((long ?? '').replace(shell === 'fish' ? /^--/ : '', '')), long);
      }
      for (const line of script.split('\n').filter((one) => !one.startsWith('#')))
        assert.equal((line.match(/'/g) ?? []).length % 2, 0, line);
    });
});
