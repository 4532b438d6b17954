import type { DataciteResource } from '#datacite';

/** A dataset of a publication, as far as the public may know it. */
export interface PublicDataset {
  readonly pid: string;
  readonly name: string;
  /** SciCat's type: raw, derived, … */
  readonly type: string;
  readonly description?: string;
  /** Bytes. */
  readonly size: number;
  readonly files: number;
  /** ISO 8601. */
  readonly createdAt?: string;
  readonly endedAt?: string;
  readonly instruments: readonly { readonly name: string; readonly pid?: string }[];
  readonly techniques: readonly { readonly name: string; readonly pid?: string }[];
  readonly proposals: readonly { readonly id: string; readonly title?: string }[];
  readonly samples: readonly { readonly id: string; readonly description?: string }[];
  readonly keywords: readonly string[];
}

export interface Picture {
  /** Safe in a path. */
  readonly name: string;
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  readonly caption: string;
  readonly base64: string;
}

/** What is left of a publication that was withdrawn. */
export interface Tombstone {
  /** ISO 8601. */
  readonly withdrawnAt: string;
  /** A sentence for the public. */
  readonly reason: string;
  /** DOI of what takes its place. */
  readonly replacedBy?: string;
}

/** The file list of a publication, sent in parts before the record that refers to it. */
export interface FileListReference {
  /** See `fileListName`: names the list by what is in it. */
  readonly sha256: string;
  readonly count: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** Number of parts it was sent in. */
  readonly parts: number;
}

/** One line (NDJSON) of a file list. */
export interface FileLine {
  /** The public path: relative, safe, unique in the publication. */
  readonly path: string;
  readonly size: number;
  /** ISO 8601, modification time. */
  readonly time: string;
  /** Lower-case hexadecimal; absent where nobody ever computed one. */
  readonly sha256?: string;
  /** The dataset it belongs to. */
  readonly pid: string;
  /** The datablock it lies in on long-term storage; absent when it was never archived by Catena. */
  readonly archiveId?: string;
  /** Its path inside that datablock. */
  readonly member?: string;
}

/** All that the publication server knows of one publication. The body of `PUT /records/<doi>`. */
export interface PublicRecord {
  readonly doi: string;
  /** Grows with every change of the record; a lower one never replaces a higher one. */
  readonly revision: number;
  readonly state: 'published' | 'withdrawn';
  /** The DOI is known to doi.org; false while the publisher has no account at DataCite. */
  readonly registered: boolean;
  /** The canonical address of its page. */
  readonly landingPage: string;
  /** ISO 8601: when it became public first. */
  readonly publishedAt: string;
  /** ISO 8601: until then the metadata are public and the files are not. Honoured by the clock alone. */
  readonly embargoUntil?: string;
  readonly resource: DataciteResource;
  readonly datasets: readonly PublicDataset[];
  readonly pictures: readonly Picture[];
  /** Absent when no file is listed. */
  readonly files?: FileListReference;
  /** Present exactly when it is withdrawn. */
  readonly tombstone?: Tombstone;
}

/** A copy of a datablock from which files can be served: the body of `PUT /copies/<archiveId>`. */
export interface CopyHead {
  readonly archiveId: string;
  /** Members whose places were sent before with `PUT /copies/<archiveId>/members/<part>`. */
  readonly members: number;
  /** Where its bytes can be read with ranges, without further credentials. */
  readonly url: string;
  /** Bytes of the whole tar. */
  readonly size: number;
  readonly sha256: string;
  /** ISO 8601: when the address stops working. */
  readonly expiresAt: string;
}

/** Where a member's content lies in the copy. A line (NDJSON) of `PUT /copies/<archiveId>/members/<part>`. */
export interface CopyMember {
  readonly member: string;
  readonly offset: number;
  readonly size: number;
  readonly sha256: string;
}

export const recallStates = ['requested', 'recalling', 'ready', 'failed'] as const;
export type RecallState = (typeof recallStates)[number];

/** A reader's wish to have files brought back from tape. */
export interface RecallRequest {
  /** Random; a reader who knows it may watch the progress. */
  readonly id: string;
  readonly doi: string;
  readonly state: RecallState;
  /** Where to write when it is there; given by the reader, never shown. */
  readonly email?: string;
  /** Part of the link with which the reader confirms that the address is his; servers before 0.3 give none. */
  readonly confirmation?: string;
  /** Whether he did. */
  readonly confirmed?: boolean;
  readonly language: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** A sentence for the reader. */
  readonly message?: string;
}

/** One row of `GET /digest`. */
export interface DigestRow {
  readonly doi: string;
  readonly revision: number;
  /** See `digestOf`. */
  readonly digest: string;
  readonly state: PublicRecord['state'];
}
