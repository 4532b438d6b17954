import { lifecycleSteps, type Lifecycle } from '#scicat-words';
import type { Evidence } from './dataset-evidence.js';

/** Flags that say what neither datablocks nor jobs bear out. */
export interface Contradiction {
  readonly kind: string;
  readonly expected: string;
  readonly remedy: string;
  /** What they are to say; absent: nobody can prove it. */
  readonly change?: Partial<Lifecycle>;
  /** It is right only where the datablocks hold all files of the dataset: some may be missing. */
  readonly needsAllFiles?: true;
}

const archiveWords: readonly string[] = [
  lifecycleSteps.archiveScheduled.change.archiveStatusMessage,
  lifecycleSteps.archiveStarted.change.archiveStatusMessage,
  lifecycleSteps.resetScheduled.change.archiveStatusMessage,
];
const retrieveWords: readonly string[] = [
  lifecycleSteps.retrieveScheduled.change.retrieveStatusMessage,
  lifecycleSteps.retrieveStarted.change.retrieveStatusMessage,
];
const { archived, reset } = lifecycleSteps;

/**
 * What contradicts itself in a dataset that Catena has worked on. Of one that it never had, or that another system had as well, nobody
 * here knows what its flags mean: the former is no finding, the latter is left to people.
 */
export function contradictionIn(lifecycle: Lifecycle, evidence: Evidence): Contradiction | undefined {
  if (evidence.isWorkedOn || !evidence.wasOurs) return undefined;
  const found = archiving(lifecycle, evidence.datablocks.count) ?? retrieving(lifecycle);
  if (found === undefined) return undefined;
  if (!evidence.isOthers && evidence.datablocks.areOurs) return found;
  return unproven(found, 'another archive system has worked on it as well: look at it by hand');
}

/** What is reported, and left to people. */
export function unproven(
  { change: _, needsAllFiles: __, ...known }: Contradiction,
  remedy: string,
): Contradiction {
  return { ...known, remedy };
}

function archiving(lifecycle: Lifecycle, datablocks: number): Contradiction | undefined {
  const { archivable, retrievable, archiveStatusMessage: word } = lifecycle;
  if (datablocks > 0) {
    if (archivable)
      return {
        kind: 'dataset-flags',
        expected: `not archivable: ${datablocks} datablocks are registered and no job is under way`,
        remedy:
          'nothing: an archive manager may want it to be archived anew; otherwise set archivable to false, and retrievable to true, by hand',
      };
    if (archiveWords.includes(word) || (!retrievable && word === archivedWord))
      return {
        kind: archiveWords.includes(word) ? 'dataset-stuck' : 'dataset-flags',
        expected: `retrievable and not archivable, "${archivedWord}": ${datablocks} datablocks are registered and no job is under way`,
        remedy: 'its flags are set to what its datablocks say',
        change: {
          ...{ archivable: archived.change.archivable, retrievable: archived.change.retrievable },
          archiveStatusMessage: archivedWord,
        },
        needsAllFiles: true,
      };
    return undefined;
  }
  if (archiveWords.includes(word))
    return {
      kind: 'dataset-stuck',
      expected: 'archivable: no datablock of Catena is registered and no job is under way',
      remedy: 'it is archivable again, as before the job that was lost',
      change: {
        ...{ archivable: reset.change.archivable, retrievable: reset.change.retrievable },
        archiveStatusMessage: reset.change.archiveStatusMessage,
      },
    };
  if (archivable && retrievable)
    return {
      kind: 'dataset-flags',
      expected: 'not retrievable: no datablock is registered',
      remedy: 'it is not retrievable any more; archivable it stays',
      change: { retrievable: false },
    };
  if (retrievable)
    return {
      kind: 'datablocks-missing',
      expected: 'registered datablocks: it is retrievable',
      remedy:
        'its datablocks may lie on long-term storage: restore their records (archiver reports them as datablock-unlisted)',
    };
  return undefined;
}

const archivedWord = archived.change.archiveStatusMessage;

function retrieving({ retrieveStatusMessage: word }: Lifecycle): Contradiction | undefined {
  if (!retrieveWords.includes(word)) return undefined;
  return {
    kind: 'retrieval-stuck',
    expected: 'no word of a retrieval: no job is under way',
    remedy: 'the word is taken away; the dataset stays as it is',
    change: { retrieveStatusMessage: '' },
  };
}
