import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { textOf } from '../../../test/support/repository.js';
import { checksumLine, filesFor, leftToDo, messageFrom, unwritten } from './new-message.js';

describe('A new message', () => {
  it('is an event of the app that its context belongs to, or a command to it', () => {
    assert.deepEqual(messageFrom('archival.copy-lost.v1', { to: 'job-assembler' }), {
      ...{ type: 'archival.copy-lost.v1', kind: 'event', emitter: 'archiver', consumer: 'job-assembler' },
    });
    assert.deepEqual(messageFrom('archival.repair-copy.v1', { from: 'job-assembler' }), {
      ...{ type: 'archival.repair-copy.v1', kind: 'command', emitter: 'job-assembler', consumer: 'archiver' },
    });
  });

  for (const [type, other] of [
    ['archival.copy-lost', { to: 'job-assembler' }],
    ['tape.copy-lost.v1', { to: 'job-assembler' }],
    ['archival.CopyLost.v1', { to: 'job-assembler' }],
    ['archival.copy-lost.v1', {}],
    ['archival.copy-lost.v1', { to: 'archiver' }],
    ['archival.copy-lost.v1', { to: 'nobody' }],
    ['archival.copy-lost.v1', { to: 'publisher', from: 'publisher' }],
  ] as const)
    it(`is refused with what was expected: ${type} ${JSON.stringify(other)}`, () =>
      assert.throws(() => messageFrom(type, other), /^Error: Expected /));

  for (const other of [{ to: 'job-assembler' }, { from: 'job-assembler' }]) {
    const kind = other.to === undefined ? 'command' : 'event';

    it(`gets every file that a ${kind} needs, each of which is TypeScript where it says so`, () => {
      const message = messageFrom('archival.copy-lost.v1', other);
      const files = filesFor(message, textOf);
      const { consumer, emitter } = message;
      assert.deepEqual(
        [...files.keys()].sort(),
        [
          `apps/${consumer}/README.md`,
          `apps/${consumer}/src/${consumer}.module.ts`,
          `apps/${consumer}/src/copy-lost/copy-lost.consumer.ts`,
          `apps/${consumer}/src/copy-lost/copy-lost.spec.ts`,
          `apps/${emitter}/README.md`,
          `libs/contracts/src/archival/copy-lost.${kind}.v1.ts`,
          'libs/contracts/src/index.ts',
          'libs/contracts/src/registry.ts',
          'test/contracts/samples/SHA256SUMS',
          'test/contracts/samples/archival/copy-lost.v1/minimal.json',
        ].sort(),
      );
      for (const [path, text] of files) {
        if (!path.endsWith('.ts')) continue;
        const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true });
        assert.deepEqual(
          diagnostics.map(({ messageText }) => messageText),
          [],
          path,
        );
      }
      const module = files.get(`apps/${consumer}/src/${consumer}.module.ts`) ?? '';
      assert.match(module, /controllers: \[CopyLostConsumer, /);
      const sample = files.get('test/contracts/samples/archival/copy-lost.v1/minimal.json') ?? '';
      const line = checksumLine('test/contracts/samples/archival/copy-lost.v1/minimal.json', sample);
      assert.ok(files.get('test/contracts/samples/SHA256SUMS')?.endsWith(line));
    });
  }

  it('leaves to a person what only a person knows, and marks it so that a test refuses it', () => {
    const message = messageFrom('archival.copy-lost.v1', { to: 'job-assembler' });
    const files = filesFor(message, textOf);
    const marked = [...files].filter(([, text]) => text.includes(unwritten)).map(([path]) => path);
    assert.equal(marked.length, 5);
    assert.ok(leftToDo(message).length <= 5);
  });
});
