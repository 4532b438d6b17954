import type { FaultKind } from './vocabulary.js';
import type { ObjectReference } from './object-reference.js';

/** Datasets in one job. */
export const maxDatasetsOfJob = 10_000;

/** Names of files, and of folders, in one job, over all its datasets. */
export const maxNamesOfJob = 10_000;

/** Bytes of the longest list of datasets, as NDJSON, that travels in the message about its job. */
export const maxToldListBytes = 8192;

/** Whether the list of a job travels in the message about it; a longer one lies in the control bucket. */
export function isToldInMessage(lines: readonly DatasetListLine[]): boolean {
  // The shortest line has 21 bytes: a long list is not written to be measured.
  if (lines.length * 21 > maxToldListBytes) return false;
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)) + 1, 0);
  return bytes <= maxToldListBytes;
}

/** A dataset of a job in `catalog.job-submitted`, as the job was accepted: one of its `datasets`, or a line of its `datasetList`. */
export interface DatasetListLine {
  readonly pid: string;
  /** Names of single files, and of folders, which mean everything below them; none: the whole dataset. */
  readonly files: readonly string[];
  /** Bytes of its files, and of its datablocks, as the catalogue counted them then: for people to see. */
  readonly size?: number;
  readonly packedSize?: number;
}

/** One line of the file list of `archival.archive-datablock`: a file of the dataset as the catalogue knows it. */
export interface FileLine {
  /** Relative to the dataset's folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601. */
  readonly time: string;
  /** Octal text, for example `644`. */
  readonly perm?: string;
  /** SHA-256, when the catalogue has one. */
  readonly sha256?: string;
}

/** One line of the list of a `Selection`. */
export interface SelectionLine {
  /** As the manifest of the datablock has it. */
  readonly path: string;
}

/** One line of the datablock list of `assembly.dataset-archived`. */
export interface DatablockLine {
  readonly archiveId: string;
  /** Bytes of the files inside. */
  readonly size: number;
  /** Bytes of the tar. */
  readonly packedSize: number;
  readonly sha256: string;
  readonly manifest: ObjectReference;
}

/** One line of the datablock list of `assembly.dataset-reset-prepared`. */
export interface ResetLine {
  readonly archiveId: string;
}

/** One line of the list of `archival.pins-changed`: a copy in the retrieval bucket. */
export interface PinLine {
  readonly archiveId: string;
  /** It is not there for the job any more. */
  readonly gone?: true;
  /** The new link, and until when it is good; none where the copy was let go of, or is gone. */
  readonly url?: string;
  readonly expiresAt?: string;
}

/** One line of the result list of `assembly.job-finished`: how a dataset ended. */
export interface DatasetResultLine {
  readonly pid: string;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly code?: string;
  readonly message?: string;
  readonly fault?: FaultKind;
  /** Retrieved datablocks with their links; empty for other workflows. */
  readonly datablocks: readonly {
    readonly name: string;
    readonly archiveId: string;
    readonly size: number;
    readonly sha256: string;
    readonly url: string;
    readonly expiresAt: string;
  }[];
}
