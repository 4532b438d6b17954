import { isInclusive, type Projection } from '../domain/projection.js';
import type { DatasetRecord } from '../persistence/records.js';
import { singularNames } from './dataset-shape.js';
import { v3View } from './dataset-answers.js';

type Fields = Record<string, unknown>;

interface V3Reading {
  readonly projection: Projection | undefined;
  readonly view: (dataset: DatasetRecord) => Fields;
}

/** What is read for the v3 names of a projection, and the view that shows those and not what they were read from. */
export function v3Reading(asked: Projection | undefined): V3Reading {
  if (asked === undefined) return { projection: asked, view: v3View };
  const names = Object.keys(asked);
  return isInclusive(asked) ? readingOf(names) : readingWithout(names);
}

function readingOf(names: readonly string[]): V3Reading {
  const singulars = names.filter(isSingular);
  const read = new Set(names.map((name) => (isSingular(name) ? singularNames[name] : name)));
  const onlyRead = new Set(
    singulars.map((name) => singularNames[name]).filter((name) => !names.includes(name)),
  );
  // Each list that was read for one name is shown by that name alone.
  const hidden = Object.entries(singularNames)
    .filter(([name, list]) => onlyRead.has(list) && !names.includes(name))
    .map(([name]) => name);
  return {
    projection: Object.fromEntries([...read].map((name) => [name, 1])),
    view: (dataset) => {
      const list: unknown = dataset.principalInvestigators;
      const investigator =
        names.includes('investigator') && Array.isArray(list) ? { investigator: list[0] } : {};
      return without({ ...v3View(dataset), ...investigator }, [...onlyRead, ...hidden]);
    },
  };
}

function readingWithout(names: readonly string[]): V3Reading {
  const stored = names.filter((name) => !isSingular(name));
  return {
    projection: stored.length === 0 ? undefined : Object.fromEntries(stored.map((name) => [name, 0])),
    view: (dataset) => without(v3View(dataset), names.filter(isSingular)),
  };
}

function isSingular(name: string): name is keyof typeof singularNames {
  return Object.hasOwn(singularNames, name);
}

function without(view: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(view).filter(([name]) => !names.includes(name)));
}
