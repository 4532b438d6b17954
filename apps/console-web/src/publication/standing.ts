import type { PublicationRow } from '../calls/running-shapes.js';

/** As the publisher names what it does next. */
export const stepNames = [
  ...(['read', 'read-files', 'bury', 'reserve', 'register', 'push', 'publish', 'hide'] as const),
  ...(['confirm', 'confirm-withdrawal'] as const),
] as const;
export type StepName = (typeof stepNames)[number];

export interface StepShown {
  readonly name: StepName;
  /** `not-done`: it was passed over, as those of DataCite are where there is no account of it, or nothing confirms it. */
  readonly state: 'done' | 'not-done' | 'next' | 'blocked' | 'later';
}

/** What one place has, and whether that is what is wanted. */
export interface PlaceShown {
  readonly place: 'catalogue' | 'datacite' | 'public';
  readonly agrees: 'yes' | 'no' | 'open' | 'unknown';
}

const ways: Readonly<Record<string, readonly StepName[]>> = {
  draft: ['read', 'reserve'],
  published: ['read', 'register', 'push', 'publish', 'confirm'],
  unchanged: ['read-files', 'push'],
  withdrawn: ['read', 'bury', 'push', 'hide', 'confirm-withdrawal'],
};

/**
 * The way of a publication to what is wanted of it, each step as what the places have confirmed says: where the publisher is beyond one
 * that nothing confirms, it was not done. Of one that is blocked the first that is not done is in the way.
 */
export function stepsOf(publication: PublicationRow): readonly StepShown[] {
  const { wanted = '', step, blocked } = publication;
  const way = Object.hasOwn(ways, wanted) ? (ways[wanted] ?? []) : [];
  const named = way.findIndex((name) => name === step);
  const isOver = blocked === undefined && (step === 'none' || step === undefined);
  const open = way.findIndex((name) => !isDone(name, publication));
  const place = isOver ? way.length : named >= 0 ? named : open >= 0 ? open : way.length;
  return way.map((name, index) => ({
    name,
    state:
      index < place
        ? isDone(name, publication)
          ? 'done'
          : 'not-done'
        : index > place
          ? 'later'
          : blocked === undefined
            ? 'next'
            : 'blocked',
  }));
}

function isDone(name: StepName, publication: PublicationRow): boolean {
  const { stale, revision = 0, registry = {}, reported = 0, version } = publication;
  switch (name) {
    case 'read':
      return revision > 0 && (stale === false || publication.wanted === 'withdrawn');
    case 'read-files':
    case 'bury':
      return stale === false;
    case 'reserve':
      return registry.state !== 'none' && isCurrent(publication);
    case 'register':
      return (registry.state === 'registered' || registry.state === 'findable') && isCurrent(publication);
    case 'push':
      return isPushed(publication);
    case 'publish':
      return registry.state === 'findable';
    case 'hide':
      return isHidden(registry);
    case 'confirm':
    case 'confirm-withdrawal':
      return version !== undefined && reported >= version;
  }
}

/** One that DataCite never had was not hidden by anybody. */
function isHidden({ state = 'none', uncertain }: NonNullable<PublicationRow['registry']>): boolean {
  return state !== 'none' && state !== 'findable' && uncertain !== true;
}

/** What the catalogue, DataCite and the public pages have of it: whether it is what they are to have. */
export function placesOf(publication: PublicationRow): readonly PlaceShown[] {
  return [
    { place: 'catalogue', agrees: catalogueAgrees(publication) },
    { place: 'datacite', agrees: dataciteAgrees(publication) },
    { place: 'public', agrees: publicAgrees(publication) },
  ];
}

function catalogueAgrees({ wanted, version, reported = 0 }: PublicationRow): PlaceShown['agrees'] {
  if (version === undefined) return 'unknown';
  // The catalogue waits for no word of a draft, or of what is to stay as it is.
  if (wanted === 'draft' || wanted === 'unchanged') return 'yes';
  return reported >= version ? 'yes' : 'open';
}

function dataciteAgrees(publication: PublicationRow): PlaceShown['agrees'] {
  const { registry, wanted } = publication;
  if (registry?.state === undefined || registry.uncertain === true) return 'unknown';
  if (registry.state === 'none') return 'open';
  if (wanted === 'withdrawn') return registry.state === 'findable' ? 'no' : 'yes';
  if (!isCurrent(publication)) return wanted === 'unchanged' ? 'yes' : 'no';
  return wanted === 'published' && registry.state !== 'findable' ? 'open' : 'yes';
}

function publicAgrees(publication: PublicationRow): PlaceShown['agrees'] {
  const { pushed, wanted, revision = 0 } = publication;
  if (pushed?.lost === true) return 'no';
  if (isPushed(publication)) return 'yes';
  if (wanted === 'draft') return pushed === undefined ? 'yes' : 'no';
  return pushed === undefined || revision === 0 ? 'open' : 'no';
}

function isCurrent({ attributesDigest, registry = {} }: PublicationRow): boolean {
  return (
    attributesDigest !== undefined &&
    registry.attributesDigest === attributesDigest &&
    registry.uncertain !== true
  );
}

function isPushed({ pushed, revision }: PublicationRow): boolean {
  return pushed !== undefined && pushed.revision === revision && pushed.lost !== true;
}
