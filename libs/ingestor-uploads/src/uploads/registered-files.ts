import { Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { UploadCatalogue, type UploadDataset } from '../upload-catalogue.js';

/** The files that a dataset lists, by their paths, and their bytes together. */
export interface ListedFiles {
  readonly sizes: ReadonlyMap<string, number>;
  readonly bytes: number;
}

interface Remembered extends ListedFiles {
  readonly at: number;
}

/** Milliseconds for which a list counts as it was; for which one is not read again for a file that it lacks. */
const freshness = 300_000;
const settled = 2000;
/** Files of all lists that are remembered together; a longer list is remembered alone. */
const maxRemembered = 1_000_000;

/**
 * The lists of datasets that are being uploaded: an ingestor asks for the links of four hundred thousand files one by one. What decides
 * (the end of an upload) reads the list anew.
 */
@Injectable()
export class RegisteredFiles {
  private readonly lists = new Map<string, Remembered>();
  private readonly reading = new Map<string, Promise<Remembered>>();

  constructor(
    private readonly catalogue: UploadCatalogue,
    private readonly clock: Clock,
  ) {}

  /** As the catalogue lists them at this moment, or listed them a moment ago for another call. */
  read(dataset: UploadDataset): Promise<ListedFiles> {
    const { pid } = dataset;
    const begun = this.reading.get(pid);
    if (begun !== undefined) return begun;
    const reading = this.readAnew(dataset).finally(() => this.reading.delete(pid));
    this.reading.set(pid, reading);
    return reading;
  }

  /** Bytes of one file, undefined when the dataset does not list it, and of all files. */
  async find(
    dataset: UploadDataset,
    path: string,
  ): Promise<{ readonly size: number | undefined; readonly bytes: number }> {
    const known = this.lists.get(dataset.pid);
    const age = known === undefined ? Infinity : this.clock.now().getTime() - known.at;
    const isGood = age < (known?.sizes.has(path) === true ? freshness : settled);
    const { sizes, bytes } = known !== undefined && isGood ? known : await this.read(dataset);
    return { size: sizes.get(path), bytes };
  }

  /** As the catalogue lists them now, whatever another call has begun to read before. */
  async readAnew(dataset: UploadDataset): Promise<Remembered> {
    const at = this.clock.now().getTime();
    const sizes = new Map<string, number>();
    let bytes = 0;
    for await (const { path, size } of this.catalogue.files(dataset)) {
      // A path that is listed twice is the planner's to refuse; here it is one file.
      bytes += size - (sizes.get(path) ?? 0);
      sizes.set(path, size);
      stillMoving();
    }
    const list = { sizes, bytes, at };
    this.remember(dataset.pid, list);
    return list;
  }

  private remember(pid: string, list: Remembered): void {
    this.lists.delete(pid);
    let remembered = list.sizes.size;
    for (const { sizes } of this.lists.values()) remembered += sizes.size;
    for (const [other, { sizes }] of this.lists) {
      if (remembered <= maxRemembered) break;
      this.lists.delete(other);
      remembered -= sizes.size;
    }
    this.lists.set(pid, list);
  }
}
