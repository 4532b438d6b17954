import { Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload } from '../persistence/records.js';
import { LandingObjects, type LandedFile } from './landing-objects.js';
import { keyOf } from './object-names.js';
import { RegisteredFiles } from './registered-files.js';

/** Files that a refusal names of each kind. */
const maxNamed = 10;
/** Look-ups of files that a listing does not show, at once and in all: it may lag behind. */
const lookUpsAtOnce = 8;
const maxLookUps = 2000;

/** What is in the landing zone for a dataset. */
export interface Completeness {
  /** For people; undefined: everything is there. */
  readonly complaint: string | undefined;
  /** Bytes of the files that the catalogue lists. */
  readonly bytes: number;
}

type Landed = Omit<LandedFile, 'path'>;

/** Compares what the catalogue lists now with what lies in the landing zone now. */
@Injectable()
export class UploadCompleteness {
  constructor(
    private readonly store: IngestorStore,
    private readonly landing: LandingObjects,
    private readonly listed: RegisteredFiles,
  ) {}

  async of({ _id: pid, upload, ownerGroup, sourceFolder }: Upload): Promise<Completeness> {
    const { sizes, bytes } = await this.listed.readAnew({ pid, ownerGroup, sourceFolder });
    if (sizes.size === 0)
      return {
        complaint: `Expected files in the original datablocks of ${pid}, found none: register them, then finalize again.`,
        bytes,
      };
    const landed = await this.landedOf(pid);
    const faults = await this.faultsOfListed(pid, sizes, landed);
    await this.addFaultsOfSent(faults, upload, sizes, landed);
    return { complaint: faults.words(pid, sizes.size), bytes };
  }

  private async landedOf(pid: string): Promise<Map<string, Landed>> {
    const landed = new Map<string, Landed>();
    for await (const { path, size, etag } of this.landing.of(pid)) {
      landed.set(path, { size, etag });
      stillMoving();
    }
    return landed;
  }

  private async faultsOfListed(
    pid: string,
    sizes: ReadonlyMap<string, number>,
    landed: ReadonlyMap<string, Landed>,
  ): Promise<Faults> {
    const faults = new Faults();
    const unseen: [string, number][] = [];
    for (const [path, size] of sizes) {
      if (landed.get(path)?.size === size) continue;
      if (unseen.length < maxLookUps) unseen.push([path, size]);
      else faults.add('missing', path);
    }
    const source = unseen[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (let next = source.next(); next.done !== true; next = source.next()) {
        const [path, size] = next.value;
        const head = await this.landing.head(keyOf(pid, path));
        if (head === undefined) faults.add('missing', path);
        else if (head.size !== size) faults.add('of another size', path);
      }
    };
    await Promise.all(Array.from({ length: lookUpsAtOnce }, lane));
    return faults;
  }

  /** What this upload sent: begun and not ended, not listed, or no longer what was sent. */
  private async addFaultsOfSent(
    faults: Faults,
    upload: string,
    sizes: ReadonlyMap<string, number>,
    landed: ReadonlyMap<string, Landed>,
  ): Promise<void> {
    const fields = { path: 1, state: 1, etag: 1, multipart: 1 };
    const sent = this.store.files.find({ upload }, { projection: fields }).sort({ _id: 1 });
    for await (const { path, state, etag, multipart } of sent) {
      if (state === 'coming') faults.add('begun and not ended', path);
      else if (!sizes.has(path)) faults.add('sent and not listed', path);
      // Of an object in parts, stores list another tag than they answered.
      else if (multipart === undefined && (landed.get(path)?.etag ?? etag) !== etag)
        faults.add('written over since', path);
      stillMoving();
    }
  }
}

/** In the order in which people are told. */
const kinds = [
  'missing',
  'of another size',
  'begun and not ended',
  'sent and not listed',
  'written over since',
] as const;
type Fault = (typeof kinds)[number];

/** How many of each kind, and the first few of them. */
class Faults {
  private readonly found = new Map<Fault, { count: number; readonly first: string[] }>();

  add(fault: Fault, path: string): void {
    const entry = this.found.get(fault) ?? { count: 0, first: [] };
    entry.count += 1;
    if (entry.first.length < maxNamed) entry.first.push(JSON.stringify(path.slice(0, 200)));
    this.found.set(fault, entry);
  }

  words(pid: string, count: number): string | undefined {
    if (this.found.size === 0) return undefined;
    const found = kinds.flatMap((fault) => {
      const { count: times, first } = this.found.get(fault) ?? { count: 0, first: [] };
      const names = `${first.slice().sort().join(', ')}${times > first.length ? ', …' : ''}`;
      return times === 0 ? [] : [`${times} ${fault} (${names})`];
    });
    return `Expected all ${count} files that the catalogue lists for ${pid}, found ${found.join('; ')}. Send these again, then finalize.`;
  }
}
