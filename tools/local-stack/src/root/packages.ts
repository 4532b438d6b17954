/** A package as apt would install it. */
export interface ChosenPackage {
  readonly name: string;
  readonly version: string;
  /** Of the archive, as apt names it in its folder. */
  readonly file: string;
  readonly bytes: number;
}

/** What `apt-get --print-uris` says: `'URL' name_version_architecture.deb bytes hash`. */
export function chosenPackages(lines: readonly string[]): ChosenPackage[] {
  return lines.flatMap((line) => {
    const found = /^'[^']*' (([^_\s]+)_([^_\s]+)_[^_\s]+[.]deb) (\d+)/.exec(line);
    if (found === null) return [];
    const [, file = '', name = '', version = '', bytes] = found;
    return [{ name, version: version.replaceAll('%3a', ':'), file, bytes: Number(bytes) }];
  });
}

interface Relations {
  readonly depends: readonly string[];
  readonly provides: readonly string[];
}

/** What `apt-cache show` says: paragraphs of fields, a field's further lines begin with a space. */
function relationsOf(lines: readonly string[]): Map<string, Relations> {
  const relations = new Map<string, Relations>();
  for (const paragraph of lines.join('\n').split(/\n{2,}/)) {
    const fields = new Map(
      [...paragraph.matchAll(/^([A-Za-z][\w-]*): ?(.*(?:\n .*)*)/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    const name = fields.get('Package');
    if (name === undefined) continue;
    const names = (...fieldNames: string[]): string[] =>
      fieldNames.flatMap((field) => namesIn(fields.get(field)));
    relations.set(name, { depends: names('Pre-Depends', 'Depends'), provides: names('Provides') });
  }
  return relations;
}

/** All names of a relation field, alternatives included, without versions and architectures. */
function namesIn(field = ''): string[] {
  return field
    .split(/[,|]/)
    .map((item) => item.replace(/[(:[][^]*/, '').trim())
    .filter((name) => name !== '');
}

/**
 * The packages that are needed when some of apt's choice are left out: those wanted, and whatever can be reached from
 * them by way of dependencies without passing one that is left out.
 *
 * @param descriptions what `apt-cache show` says about all of them
 */
export function neededPackages(
  chosen: readonly ChosenPackage[],
  descriptions: readonly string[],
  wanted: readonly string[],
  leftOut: readonly string[],
): ChosenPackage[] {
  const relations = relationsOf(descriptions);
  const left = new RegExp(`^(?:${leftOut.join('|')})$`);
  const providers = new Map<string, string[]>();
  for (const { name } of chosen)
    for (const virtual of relations.get(name)?.provides ?? [])
      providers.set(virtual, [...(providers.get(virtual) ?? []), name]);
  const known = new Set(chosen.map(({ name }) => name));
  const needed = new Set<string>();
  const queue = [...wanted];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (needed.has(name) || !known.has(name) || (leftOut.length > 0 && left.test(name))) continue;
    needed.add(name);
    for (const other of relations.get(name)?.depends ?? [])
      queue.push(other, ...(providers.get(other) ?? []));
  }
  return chosen.filter(({ name }) => needed.has(name));
}
