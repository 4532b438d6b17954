import { Failure } from '#command-line';
import { configurationFrom, type Environment } from '#kernel';
import { routesFileFrom, type TargetPlace } from '#routes';
import type { TargetLeftOut } from './manifest-shape.js';

/** Where copies of datablocks lie, as far as a backup can hold them. */
export interface Storages {
  /** Folders. */
  readonly shares: readonly string[];
  readonly notIncluded: readonly TargetLeftOut[];
}

/** Of ROUTES_FILE; without it of LTS_ROOTS, which counts for no app any more where there is that file. */
export function storagesFrom(environment: Environment, warn: (line: string) => void): Storages {
  const file = configurationFrom(environment, (settings) => routesFileFrom(settings, { limit: 1 }));
  return file === undefined
    ? { shares: foldersOf(environment['LTS_ROOTS'] ?? '', warn), notIncluded: [] }
    : storagesOf(file.places, warn);
}

function storagesOf(places: readonly TargetPlace[], warn: (line: string) => void): Storages {
  const kept = places.filter(({ kind }) => kind === 'share' || kind === 'tape');
  const notIncluded = places
    .filter((place) => !kept.includes(place))
    .map(({ name, kind }) => ({ name, kind }));
  if (notIncluded.length > 0)
    warn(
      `left out, because only folders are copied: ${notIncluded.map(({ name, kind }) => `${name} (${kind})`).join(', ')}. What lies there is in no backup`,
    );
  const shares = kept.map(({ name, options: { place } }) => {
    if (typeof place === 'string' && place.startsWith('/')) return place;
    throw new Failure(
      'usage',
      `Expected the target ${name} of ROUTES_FILE to have an absolute path as place, found ${JSON.stringify(place) ?? 'none'}.`,
    );
  });
  return { shares: [...new Set(shares)], notIncluded };
}

/** Tapes are no folders that one could copy: their copies are each other's backup. */
function foldersOf(roots: string, warn: (line: string) => void): string[] {
  const items = roots
    .split(',')
    .map((item) => item.trim().replace(/^posix:/i, ''))
    .filter((item) => item !== '');
  const folders = items.filter((item) => item.startsWith('/'));
  const others = items.filter((item) => !item.startsWith('/'));
  if (others.length > 0) warn(`left out, because only folders are copied: ${others.join(', ')}`);
  if (items.length === 0) warn('neither ROUTES_FILE nor LTS_ROOTS is set: shares are left out');
  return folders;
}
