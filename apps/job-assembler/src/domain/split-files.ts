import type { FileLine } from '#contracts';

export interface SplitOptions {
  /** Bytes of files after which a datablock is closed; one larger file has a datablock of its own. */
  readonly targetBytes: number;
  readonly maxFiles: number;
}

/** The catalogue lists a datablock's files in one document: its share of MongoDB's 16 MB. */
const listBytesLimit = 8 * 2 ** 20;
/** Bytes of one file entry beside its path: checksum, dates, field names. */
const entryOverhead = 300;

/**
 * Cuts a stream of files into datablocks, in the order they come, holding one datablock's list at a time. The same
 * files in the same order give the same cuts.
 */
export class FileSplitter {
  private files: FileLine[] = [];
  private bytes = 0;
  private listBytes = 0;

  constructor(private readonly options: SplitOptions) {}

  /** @returns the datablock that is full now, if any; the file itself goes into the next one */
  add(file: FileLine): FileLine[] | undefined {
    const entry = Buffer.byteLength(file.path) + entryOverhead;
    const { targetBytes, maxFiles } = this.options;
    const full =
      this.files.length > 0 &&
      (this.bytes + file.size > targetBytes ||
        this.files.length >= maxFiles ||
        this.listBytes + entry > listBytesLimit);
    const closed = full ? this.rest() : undefined;
    this.files.push(file);
    this.bytes += file.size;
    this.listBytes += entry;
    return closed;
  }

  /** What was added since the last full datablock; empty only if nothing was. */
  rest(): FileLine[] {
    const files = this.files;
    this.files = [];
    this.bytes = 0;
    this.listBytes = 0;
    return files;
  }
}
