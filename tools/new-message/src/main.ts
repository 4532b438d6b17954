import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contractOf } from '#contracts';
import { checksumLine, filesFor, leftToDo, messageFrom } from './new-message.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sums = 'test/contracts/samples/SHA256SUMS';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { to: { type: 'string' }, from: { type: 'string' } },
});
const [type = ''] = positionals;

try {
  const written = contractOf(type) === undefined ? make() : refreshChecksum();
  const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
  const formatted = written.filter((path) => /[.](ts|md)$/.test(path));
  spawnSync(process.execPath, [prettier, '--config', '.config/prettier.json', '--write', ...formatted], {
    cwd: root,
  });
} catch (error) {
  process.stderr.write(
    `${(error as Error).message}\nnpm run new:message -- <context>.<name>.v1 --to APP | --from APP\n`,
  );
  process.exitCode = 1;
}

function make(): string[] {
  const message = messageFrom(type, values);
  const files = filesFor(message, read);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(
    `${files.size} files written or changed:\n${[...files.keys()].map((path) => `  ${path}`).join('\n')}`,
  );
  console.log(
    `What is left:\n${leftToDo(message)
      .map((line, index) => `  ${index + 1}. ${line}`)
      .join('\n')}`,
  );
  return [...files.keys()];
}

/** Only of a sample that nobody has seen yet: committed ones stand for messages that are under way. */
function refreshChecksum(): string[] {
  const sample = `test/contracts/samples/${type.replace('.', '/')}/minimal.json`;
  const committed = execFileSync('git', ['ls-tree', '--name-only', 'HEAD', sample], {
    cwd: root,
    encoding: 'utf8',
  });
  if (!existsSync(join(root, sample)) || committed !== '')
    throw new Error(
      `Expected a sample of ${type} that is not committed yet, found ${committed === '' ? 'none' : 'a committed one: messages like it may be under way, so it stays; add another sample'}.`,
    );
  const line = checksumLine(sample, read(sample));
  const others = read(sums)
    .split('\n')
    .filter((other) => other !== '' && other.slice(66) !== line.trimEnd().slice(66));
  writeFileSync(join(root, sums), `${others.join('\n')}\n${line}`);
  console.log(`${sums} has the checksum of ${sample}`);
  return [];
}
