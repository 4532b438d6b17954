import { PermanentError } from '#kernel';
import type { LongTermStorage } from './long-term-storage.js';
import { TargetOptions, type RawOptions, type TargetProblem } from './target-options.js';

/** A target as ROUTES_FILE describes it to the archiver. */
export interface TargetPlace {
  /** Name of the storage, stored with each copy: it never changes. */
  readonly name: string;
  /** The kind under which an adapter is registered. */
  readonly kind: string;
  /** What the adapter of the kind asks for; docs/storage-systems.md lists it. */
  readonly options: RawOptions;
}

/** Reads the options of one target, and says how to make its storage of them. Nothing is opened before that is called. */
export type TargetFactory = (name: string, options: TargetOptions) => () => LongTermStorage;

const factories = new Map<string, TargetFactory>();

/**
 * An adapter registers itself under the kind of target that it is when its file is loaded.
 *
 * @returns takes the registration back
 * @throws Error when another adapter has the kind
 */
export function registerTarget(kind: string, factory: TargetFactory): () => void {
  if (!/^[a-z][a-z0-9-]*$/.test(kind) || factories.has(kind))
    throw new Error(
      `Expected a kind of target in small letters that no storage adapter has yet (they have ${storageKinds().join(', ')}), found "${kind}". Register the adapter under another.`,
    );
  factories.set(kind, factory);
  return () => void factories.delete(kind);
}

/** Kinds of targets that an adapter stands behind. */
export function storageKinds(): readonly string[] {
  return [...factories.keys()].sort();
}

/** All that is wrong with a target, each with its key; nothing is opened for it. */
export function problemsOfTarget(target: TargetPlace): readonly TargetProblem[] {
  return prepared(target).problems;
}

/**
 * The storage that a target describes.
 *
 * @throws PermanentError `kernel.configuration` with everything that is wrong with it
 */
export function storageForTarget(target: TargetPlace): LongTermStorage {
  const { problems, make } = prepared(target);
  if (make !== undefined && problems.length === 0) return make();
  throw new PermanentError(
    'kernel.configuration',
    `Target ${target.name} of kind ${target.kind}: ${problems.map(({ problem }) => problem).join(' ')}`,
    { details: { target: target.name, keys: problems.map(({ key }) => key) } },
  );
}

function prepared({ name, kind, options }: TargetPlace): {
  readonly problems: readonly TargetProblem[];
  readonly make?: () => LongTermStorage;
} {
  const factory = factories.get(kind);
  if (factory === undefined)
    return {
      problems: [
        {
          key: 'kind',
          problem: `Expected one of the kinds ${storageKinds().join(', ')}, found ${JSON.stringify(kind)}.`,
        },
      ],
    };
  const reader = new TargetOptions(options);
  const make = factory(name, reader);
  reader.end();
  return { problems: reader.problems, make };
}
