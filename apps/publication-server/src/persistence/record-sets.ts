import type { PublicRecord } from '#publication-feed';

/** The set that OpenAIRE harvests. */
const openaireSet = 'openaire_data';
/** Sets of one kind that one record may be in. */
const maxOfKind = 200;
/** Characters of a name that go into a set's. */
const longestName = 100;

const kinds: Readonly<Record<string, string>> = {
  year: 'Year of publication',
  type: 'Type of resource',
  access: 'Access to the files',
  instrument: 'Instrument',
  technique: 'Technique',
};
/** Sets that hold every record, so that a harvest of them needs no filter. */
const universal: ReadonlySet<string> = new Set([openaireSet, 'year', 'type', 'access']);
const syntax = /^[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*$/;

/** The OAI sets of a record, and those of their parents that do not hold every record. */
export function setsOf(
  {
    resource,
    datasets,
    embargoUntil,
  }: Pick<PublicRecord, 'resource' | 'datasets'> & { readonly embargoUntil?: string | undefined },
  now: Date,
): string[] {
  const embargoed = embargoUntil !== undefined && new Date(embargoUntil).getTime() > now.getTime();
  return [
    openaireSet,
    `year:${segment(String(resource.publicationYear))}`,
    `type:${segment(resource.types.resourceTypeGeneral) || 'Other'}`,
    `access:${embargoed ? 'embargoed' : 'open'}`,
    ...family(
      'instrument',
      datasets.flatMap(({ instruments }) => instruments),
    ),
    ...family(
      'technique',
      datasets.flatMap(({ techniques }) => techniques),
    ),
  ];
}

export function isSetSpec(text: string): boolean {
  return text.length <= 1000 && syntax.test(text);
}

/** What a record must have to be in a set. */
export function conditionOf(set: string | undefined): { sets?: string } {
  return set === undefined || universal.has(set) ? {} : { sets: set };
}

/** Without the sets that follow from others. */
export function mostSpecific(sets: readonly string[]): string[] {
  return sets.filter((set) => !sets.some((other) => other.startsWith(`${set}:`)));
}

/** With the parents of every set, in order. */
export function withParents(sets: readonly string[]): string[] {
  const all = new Set<string>([openaireSet]);
  for (const set of sets) {
    const parts = set.split(':');
    parts.forEach((_, index) => all.add(parts.slice(0, index + 1).join(':')));
  }
  return [...all].sort();
}

/** The name of a set for people. */
export function nameOfSet(set: string): string {
  if (set === openaireSet) return 'Datasets for OpenAIRE';
  const [kind = '', ...names] = set.split(':');
  const label = kinds[kind] ?? kind;
  return names.length === 0 ? label : `${label}: ${names.map(nameOfSegment).join(', ')}`;
}

function family(kind: string, values: readonly { readonly name: string }[]): string[] {
  const names = [...new Set(values.map(({ name }) => segment(name)))].filter((name) => name !== '');
  if (names.length === 0) return [];
  return [kind, ...names.slice(0, maxOfKind).map((name) => `${kind}:${name}`)];
}

/** A name in the few characters that sets have: blanks become `_`, all else `~` and its UTF-8 bytes. */
function segment(name: string): string {
  const short = [...name.trim().replace(/\s+/g, ' ').normalize('NFC')].slice(0, longestName).join('');
  return short.replace(/[^A-Za-z0-9\-.!*'()]/gu, (character) =>
    character === ' '
      ? '_'
      : [...Buffer.from(character)]
          .map((byte) => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          .join(''),
  );
}

function nameOfSegment(text: string): string {
  const bytes = text
    .replaceAll('_', ' ')
    .replace(/%/g, '%25')
    .replace(/~([0-9A-F]{2})/g, '%$1');
  try {
    return decodeURIComponent(bytes);
  } catch {
    return text;
  }
}
