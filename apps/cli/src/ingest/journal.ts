import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { open, readFile, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, foundText, helpText, isSystemFault } from '#command-line';
import { makeFolder } from '../make-folder.js';
import type { FoundFile } from './walk.js';

/** One fact of an ingest, appended as soon as it is true. */
export type JournalLine =
  | {
      readonly kind: 'dataset';
      readonly pid: string;
      readonly folder: string;
      readonly server: string;
      /** What the dataset was made with; older journals do not tell. */
      readonly asked?: Asked;
    }
  | { readonly kind: 'upload'; readonly file: SeenFile; readonly uploadId: string }
  /** A parcel that is about to be sent: until its files are known to have arrived, its name is free for another try. */
  | { readonly kind: 'parcel'; readonly parcel: string }
  | SentLine
  | { readonly kind: 'registering'; readonly digest: string }
  | { readonly kind: 'complete'; readonly digest: string };

interface SentLine {
  readonly kind: 'sent';
  readonly file: SeenFile;
  readonly sha256: string;
  /** The parcel it travelled in; absent for a file that went alone. */
  readonly parcel?: string;
}

/** What an ingest was told about its dataset; absent is what was not said. */
export interface Asked {
  readonly ownerGroup: string;
  readonly type: string;
  readonly name?: string;
  /** SHA-256 of what the metadata file held. */
  readonly metadata?: string;
}

/** A file as far as it tells whether it is still the same. */
export type SeenFile = Pick<FoundFile, 'path' | 'size' | 'modified'>;

/** What an earlier run of the same ingest got done. */
export interface JournalState {
  readonly pid: string | undefined;
  readonly asked: Asked | undefined;
  readonly uploads: ReadonlyMap<string, { readonly file: SeenFile; readonly uploadId: string }>;
  readonly sent: ReadonlyMap<string, Omit<SentLine, 'kind'>>;
  /** Names of parcels that were begun. */
  readonly parcels: ReadonlySet<string>;
  /** The file list that has been, at least partly, registered. */
  readonly registering: string | undefined;
  readonly complete: string | undefined;
}

/** The state file of one folder at one server. */
export function journalFile(stateFolder: string, folder: string, server: string): string {
  const name = createHash('sha256').update(`${server}\0${folder}`).digest('hex').slice(0, 32);
  return join(stateFolder, `ingest-${name}.ndjson`);
}

/** Reads lines up to the first that a crash left half-written. */
function parseJournal(text: string): { readonly state: JournalState; readonly goodBytes: number } {
  const uploads = new Map<string, { file: SeenFile; uploadId: string }>();
  const sent = new Map<string, Omit<SentLine, 'kind'>>();
  const parcels = new Set<string>();
  const state: { -readonly [Key in keyof JournalState]: JournalState[Key] } = {
    pid: undefined,
    asked: undefined,
    uploads,
    sent,
    parcels,
    registering: undefined,
    complete: undefined,
  };
  let goodBytes = 0;
  for (const text_ of text.split('\n').slice(0, -1)) {
    const line = parseLine(text_);
    if (line === undefined) break;
    goodBytes += Buffer.byteLength(text_) + 1;
    if (line.kind === 'dataset') [state.pid, state.asked] = [line.pid, line.asked];
    if (line.kind === 'upload') uploads.set(line.file.path, line);
    if (line.kind === 'parcel') begin(line.parcel, { parcels, sent });
    if (line.kind === 'sent') sent.set(line.file.path, line);
    if (line.kind === 'registering') state.registering = line.digest;
    if (line.kind === 'complete') state.complete = line.digest;
  }
  return { state, goodBytes };
}

/** A parcel that is sent again under its name holds nothing of before. */
function begin(
  parcel: string,
  { parcels, sent }: { parcels: Set<string>; sent: Map<string, Omit<SentLine, 'kind'>> },
): void {
  if (parcels.has(parcel)) for (const [path, line] of sent) if (line.parcel === parcel) sent.delete(path);
  parcels.add(parcel);
}

/** Remembers, across interruptions, what was done; held by one process at a time. */
export class Journal {
  private constructor(
    readonly file: string,
    private remembered: JournalState,
  ) {}

  /** What earlier runs got done, as it was when the journal was opened. */
  get state(): JournalState {
    return this.remembered;
  }

  /** @param anew forget what was done before */
  static async open(file: string, anew: boolean): Promise<Journal> {
    try {
      await makeFolder(dirname(file), 0o700);
      await lock(`${file}.lock`);
      if (anew) await rm(file, { force: true });
      const { state, goodBytes } = parseJournal(await textOf(file));
      if (goodBytes > 0) await truncate(file, goodBytes);
      else await rm(file, { force: true });
      return new Journal(file, state);
    } catch (error) {
      throw isSystemFault(error) ? unusable(file, error) : error;
    }
  }

  /** Another dataset begins: nothing that was done before counts for it. */
  async forget(): Promise<void> {
    await rm(this.file, { force: true });
    this.remembered = parseJournal('').state;
  }

  record(...lines: readonly JournalLine[]): void {
    try {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      appendFileSync(this.file, text, { mode: 0o600 });
    } catch (error) {
      throw isSystemFault(error) ? unusable(this.file, error) : error;
    }
  }

  async close(): Promise<void> {
    await rm(`${this.file}.lock`, { force: true });
  }
}

export function isSame(left: SeenFile, right: SeenFile): boolean {
  return left.path === right.path && left.size === right.size && left.modified === right.modified;
}

export function seen({ path, size, modified }: FoundFile): SeenFile {
  return { path, size, modified };
}

/** A name for a list of files: equal when every file is. */
export function digestOfFiles(files: readonly SeenFile[]): string {
  const hash = createHash('sha256');
  for (const { path, size, modified } of files) hash.update(`${path}\0${size}\0${modified}\n`);
  return hash.digest('hex');
}

function unusable(file: string, error: NodeJS.ErrnoException): Failure {
  return new Failure(
    'failed',
    `Expected to note in ${file} what was done, found ${foundText(error)}. ${helpText(error)}, or name another folder in XDG_STATE_HOME, and run the same command again.`,
    error,
  );
}

async function lock(file: string): Promise<void> {
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      return await handle.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await textOf(file));
    if (holder > 0 && isAlive(holder))
      throw new Failure(
        'conflict',
        `Another catena ingest (process ${holder}) is sending this folder. Wait for its end.`,
      );
    await rm(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

function parseLine(text: string): JournalLine | undefined {
  try {
    return JSON.parse(text) as JournalLine;
  } catch {
    return undefined;
  }
}
