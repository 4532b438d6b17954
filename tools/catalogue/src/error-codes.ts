import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface CodeText {
  readonly meaning: string;
  readonly remedy: string;
}

/** What docs/errors.md says of each code, as the console shows it: texts without links and marks. */
export function errorCodesOf(root: string): Readonly<Record<string, CodeText>> {
  const found: Record<string, CodeText> = {};
  for (const line of readFileSync(join(root, 'docs/errors.md'), 'utf8').split('\n')) {
    const [, code, meaning = '', remedy = ''] =
      /^\| `([a-z0-9.<>-]+)` +\| [^|]*\| ([^|]*)\| ([^|]*)\|$/.exec(line) ?? [];
    if (code !== undefined) found[code] = { meaning: plain(meaning), remedy: plain(remedy) };
  }
  return found;
}

function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
