/** What a code says, and what to do, as docs/errors.md has it. */
interface Explained {
  readonly meaning: string;
  readonly remedy: string;
}

const row = /^\| `([a-z0-9.<>-]+)` +\| [^|]*\| ([^|]*)\| ([^|]*)\|$/;

/** The tables of docs/errors.md for programs, by code. Links become their words: they lead to pages of the repository. */
export function errorCodesIn(page: string): Readonly<Record<string, Explained>> {
  const rows = page.split('\n').flatMap((line): [string, Explained][] => {
    const [, code, meaning = '', remedy = ''] = row.exec(line) ?? [];
    return code === undefined ? [] : [[code, { meaning: plain(meaning), remedy: plain(remedy) }]];
  });
  return Object.fromEntries(rows.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function plain(cell: string): string {
  return cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
