import type { CopyHead, FileLine, Picture, PublicRecord, RecallRequest } from '#publication-feed';

/** What lists and searches look at; computed once when a record arrives. */
export interface SearchFields {
  /** Title, creators, keywords and abstract in lower case, for the word index. */
  readonly words: string;
  readonly title: string;
  readonly year: number;
  readonly resourceType: string;
  readonly creators: readonly string[];
  readonly keywords: readonly string[];
  readonly instruments: readonly string[];
  readonly techniques: readonly string[];
  readonly licence?: string;
}

/** Metadata as XML elements, rendered once when a record arrives, with all of their namespace declarations. */
export interface Renderings {
  /** `<resource xmlns="http://datacite.org/schema/kernel-4" …>` */
  readonly datacite: string;
  /** `<oai_dc:dc …>` */
  readonly dc: string;
}

/** One publication in the public store. */
export interface StoredRecord {
  /** The DOI in lower case. */
  _id: string;
  revision: number;
  digest: string;
  state: PublicRecord['state'];
  /** Whole seconds, UTC: when what harvesters see changed last, never before the write was durable. */
  datestamp: Date;
  /** False between the write and the proof that the datestamp is not in the past. */
  settled: boolean;
  /** When it came into this store first. */
  arrivedAt: Date;
  /**
   * File lists that earlier revisions referred to. There from the write of a new revision until these are released and
   * the old pictures are gone, so that a repetition after a crash knows what is left to do.
   */
  superseded?: string[];
  /** OAI sets, most specific ones; see record-sets.ts. */
  sets: string[];
  /** Only while it lies ahead at the time of the last rendering. */
  embargoUntil?: Date;
  /** Without pictures, which have a collection of their own. */
  record: Omit<PublicRecord, 'pictures'> & { pictures: readonly Omit<Picture, 'base64'>[] };
  renderings: Renderings;
  /** The program that rendered; a newer one renders again. */
  rendering: number;
  search: SearchFields;
}

/** One line of a file list. */
export interface StoredFile extends FileLine {
  /** `<list>/<number, seven digits>` */
  _id: string;
  /** SHA-256 of the list. */
  list: string;
  /** Position in the list, from 0. */
  n: number;
}

/** A part of a list that was taken whole. */
export interface StoredPart {
  /** `<list>/<part>` */
  _id: string;
  list: string;
  part: number;
  lines: number;
  sha256: string;
  at: Date;
  /** A record refers to the list. */
  used: boolean;
  /** It is being removed: as good as missing. */
  doomed?: true;
}

/** Where every byte of the archives of a list lies; its form is the business of downloads. */
export interface StoredPlan<Plan = unknown> {
  /** SHA-256 of the list. */
  _id: string;
  /** Plans of another edition are made anew. */
  edition: number;
  plan: Plan;
}

export interface StoredPicture {
  /** `<DOI in lower case>\n<name>` */
  _id: string;
  doi: string;
  mediaType: Picture['mediaType'];
  content: Buffer;
}

/** A copy of a datablock that can be read now. */
export interface StoredCopy extends Omit<CopyHead, 'expiresAt'> {
  /** The archive id. */
  _id: string;
  expiresAt: Date;
}

/** Where a member lies in every copy of its datablock, now and in future. */
export interface StoredMember {
  /** `<archiveId>\n<member>` */
  _id: string;
  archiveId: string;
  offset: number;
  size: number;
  sha256: string;
  /** Known after it was read whole once: makes ZIP directories cheap. */
  crc32?: number;
}

export interface StoredRecall extends Omit<RecallRequest, 'id' | 'requestedAt'> {
  _id: string;
  requestedAt: Date;
  updatedAt: Date;
  /** Keyed digest of the reader's network address: for limits, not for knowing who it was. */
  client: string;
  /** Names publication and address as long as the request is open: of each there is one, by a unique index. */
  place?: string;
}

/** Views and downloads of one publication; machines are not counted. */
export interface StoredUsage {
  /** The DOI in lower case. */
  _id: string;
  views: number;
  downloads: number;
}

export function memberId(archiveId: string, member: string): string {
  return `${archiveId}\n${member}`;
}
