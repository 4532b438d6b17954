import { createReadStream } from 'node:fs';
import { rm, stat as statFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { checksumOf, newId, PermanentError, TransientError, type Clock } from '#kernel';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriteOptions,
  type LongTermWriter,
  type MediumPlace,
} from '../long-term-storage.js';
import {
  asideName,
  asideOf,
  checkedName,
  checkedPrefix,
  isPartialOf,
  isReserved,
  partialName,
} from '../names.js';
import { PosixShare } from '../posix/posix-share.adapter.js';
import { rangeOf } from '../range.js';
import { CommandIdentity } from './command-identity.js';
import type { IdentityFile } from '../identity/storage-identity.js';
import { CommandRunner, type CommandRunnerOptions } from './command-runner.js';
import { CommandWriter } from './command-writer.js';
import { speakable } from './speakable.js';
import { Spool } from './spool.js';

export interface CommandStorageOptions extends Omit<CommandRunnerOptions, 'storage'> {
  /** What operators call it. */
  readonly name: string;
  /** An existing folder for files on their way. */
  readonly spool: string;
  /** Bytes that may lie there. */
  readonly spoolLimit: number;
  /** Finds `size` in what `stat` says, and `mark`: what other bytes under the same name would not have. */
  readonly statPattern: RegExp;
  /** What `stat` says of a file that is not there, if its exit code does not tell. */
  readonly missingPattern?: RegExp;
  /** Finds `id` in what `identify` says. Default: all of it. */
  readonly identityPattern?: RegExp;
  readonly clock?: Clock;
  /** Finds `medium`, and perhaps `position`, in what `locate` says. */
  readonly locatePattern?: RegExp;
  /** Media that it reads at once: its drives. */
  readonly mediaAtOnce?: number;
  /** Finds `name` and `size` in a line of `list`. */
  readonly listPattern?: RegExp;
}

/** Characters of a label that are kept. */
const maxLabel = 200;

/**
 * A storage system behind its own command-line client (`dsmc` and relatives). What the client says is never taken for
 * granted: a file that was sent is looked for, one that was removed too, and bytes are read back by whoever sent them.
 */
export class CommandStorage extends LongTermStorage {
  private readonly runner: CommandRunner;
  private readonly spool: Spool;
  private readonly identified: CommandIdentity;

  constructor(private readonly options: CommandStorageOptions) {
    super();
    this.runner = new CommandRunner({ ...options, storage: options.name });
    this.identified = new CommandIdentity(this, this.runner, options.identityPattern, options.clock);
    this.spool = new Spool(options.name, options.spool, options.spoolLimit);
  }

  override get name(): string {
    return this.options.name;
  }

  /** What a client says that it is connected to, where it can be asked. */
  override get identity(): IdentityFile | undefined {
    return this.runner.offers('identify') ? this.identified : undefined;
  }

  override async create(
    name: string,
    token: string,
    { size: wanted = 0, signal }: LongTermWriteOptions = {},
  ): Promise<LongTermWriter> {
    partialName(speakable(name), token);
    const local = await this.outbound();
    const room = this.spool.take();
    room.reserve(wanted);
    const inner = await local.create(name, token).catch((error: unknown) => {
      room.giveBack();
      throw error;
    });
    return new CommandWriter({
      ...{ name, local, room, inner },
      send: async (size) => {
        if ((await this.sizeOf(name, signal)) !== undefined) throw this.alreadyExists(name);
        const file = join(await this.spool.own(), 'out', name);
        // Under the final name it may be the copy of another writer by the time that this one fails: it is never removed.
        if (!this.runner.offers('rename')) return this.send(name, file, size, nobodys, signal);
        const partial = partialName(name, token);
        await this.send(partial, file, size, ours, signal);
        await this.assertFree(name, partial);
        await this.move(partial, name, size);
      },
    });
  }

  override async markOf(name: string): Promise<string | undefined> {
    const found = await this.look(checkedName(speakable(name)));
    return found?.mark === undefined ? undefined : `${found.size} ${found.mark}`;
  }

  override get mediaAtOnce(): number | undefined {
    return this.options.mediaAtOnce;
  }

  override get knowsPlaces(): boolean {
    return this.runner.offers('locate');
  }

  /** Where a client says nothing of a file, that is read in no order. */
  override async placeOf(name: string): Promise<MediumPlace | undefined> {
    if (!this.knowsPlaces) return undefined;
    const { found, output } = await this.runner.run('locate', { name: checkedName(speakable(name)) });
    const { medium, position = '0' } = this.options.locatePattern?.exec(found ? output : '')?.groups ?? {};
    if (medium === undefined || medium === '') return undefined;
    const place = Number(position.replaceAll(/[,' ]/g, ''));
    return { medium: medium.slice(0, maxLabel), position: Number.isFinite(place) ? place : 0 };
  }

  override get fetchesWhole(): boolean {
    return true;
  }

  override async read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    const size = await this.sizeOf(checkedName(speakable(name)));
    if (size === undefined) throw this.notFound(name);
    const { start, end } = rangeOf(name, size, options);
    if (end === start) return Readable.from([], { objectMode: false });
    const fetched = await this.fetch(name, size, options.signal);
    const stream = createReadStream(fetched.file, { start, end: end - 1, highWaterMark: 1024 * 1024 });
    stream.once('close', () => void fetched.remove());
    return stream;
  }

  override async stat(name: string): Promise<{ readonly size: number } | undefined> {
    const size = await this.sizeOf(checkedName(speakable(name)));
    return size === undefined ? undefined : { size };
  }

  override async remove(name: string): Promise<void> {
    return this.removeRaw(checkedName(speakable(name)));
  }

  override async setAside(name: string, token: string): Promise<boolean> {
    const aside = asideName(speakable(name), token);
    const size = await this.sizeOf(name);
    if (size === undefined) return false;
    await this.move(name, aside, size);
    return true;
  }

  override async bringBack(name: string, token: string): Promise<boolean> {
    const aside = asideName(speakable(name), token);
    const size = await this.sizeOf(aside);
    if (size === undefined) return false;
    if ((await this.sizeOf(name)) !== undefined) throw this.alreadyExists(name);
    await this.move(aside, name, size);
    return true;
  }

  override async removeSetAside(name: string, token: string): Promise<void> {
    return this.removeRaw(asideName(speakable(name), token));
  }

  override async isSetAside(name: string, token: string): Promise<boolean> {
    return (await this.sizeOf(asideName(speakable(name), token))) !== undefined;
  }

  override async *listSetAside(prefix: string): AsyncGenerator<FileSetAside, void, undefined> {
    for await (const { name, size } of this.listed(prefix)) {
      const last = name.slice(name.lastIndexOf('/') + 1);
      const aside = asideOf(last);
      if (aside !== undefined)
        yield { name: name.slice(0, -last.length) + aside.name, token: aside.token, size };
    }
  }

  override async *list(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    for await (const file of this.listed(prefix))
      if (!isReserved(file.name.slice(file.name.lastIndexOf('/') + 1))) yield file;
  }

  /** Of the spool: what the system behind has room for, only it knows, and says when something is sent. */
  override async freeBytes(): Promise<number> {
    await this.spool.own();
    return this.spool.free;
  }

  override async removePartials(
    name: string,
    { exceptToken }: { exceptToken?: string } = {},
  ): Promise<number> {
    const options = exceptToken === undefined ? {} : { exceptToken };
    let removed = await (await this.outbound()).removePartials(checkedName(speakable(name)), options);
    if (!this.runner.offers('rename') || !this.runner.offers('list')) return removed;
    const last = name.slice(name.lastIndexOf('/') + 1);
    const kept = exceptToken === undefined ? '' : partialName(name, exceptToken);
    for await (const { name: found } of this.listed(name)) {
      if (found === kept || !isPartialOf(found.slice(name.length - last.length), last)) continue;
      await this.removeRaw(found);
      removed += 1;
    }
    return removed;
  }

  /** Where files of this process wait to be sent: a share of its own, so that writers cannot meet. */
  private async outbound(): Promise<PosixShare> {
    return new PosixShare({ name: this.name, root: join(await this.spool.own(), 'out') });
  }

  private async sizeOf(name: string, signal?: AbortSignal): Promise<number | undefined> {
    return (await this.look(name, signal))?.size;
  }

  private async look(
    name: string,
    signal?: AbortSignal,
  ): Promise<{ readonly size: number; readonly mark: string | undefined } | undefined> {
    const { found, output } = await this.runner.run('stat', { name }, signal);
    if (!found) return undefined;
    const groups = this.options.statPattern.exec(output)?.groups;
    const size = Number(groups?.['size']?.replaceAll(/[,' ]/g, ''));
    if (Number.isSafeInteger(size) && size >= 0) return { size, mark: groups?.['mark'] };
    if (this.options.missingPattern?.test(output) === true) return undefined;
    throw new TransientError(
      'long-term-storage.command-unclear',
      `Expected the size of "${name}" on ${this.name} in what "stat" says, found ${JSON.stringify(output.slice(0, 300))}. Correct statPattern or missingPattern of the target.`,
      { details: { storage: this.name, name } },
    );
  }

  /** A put takes hours, in which another writer may have given the name to a copy of its own. */
  private async assertFree(name: string, partial: string): Promise<void> {
    if ((await this.sizeOf(name)) === undefined) return;
    await this.removeRaw(partial).catch(() => undefined);
    throw this.alreadyExists(name);
  }

  /**
   * Sends a file to a free name, and looks whether it is there.
   *
   * @param isOurs whether what lies there after a fault can only be what this command left: then it goes, for nobody else would take
   * it away where there is no list
   */
  private async send(
    name: string,
    file: string,
    size: number,
    isOurs: () => Promise<boolean>,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      await this.runner.run('put', { name, file, size: String(size) }, signal);
    } catch (error) {
      if (await isOurs().catch(() => false)) await this.removeRaw(name).catch(() => undefined);
      throw error;
    }
    const found = await this.sizeOf(name);
    if (found === size) return;
    if (found !== undefined && (await isOurs())) await this.removeRaw(name);
    throw this.unproven(
      'put',
      name,
      `${size} bytes`,
      found === undefined ? 'no such file' : `${found} bytes`,
    );
  }

  private async removeRaw(name: string): Promise<void> {
    await this.runner.run('remove', { name });
    if ((await this.sizeOf(name)) !== undefined)
      throw this.unproven('remove', name, 'it gone', 'it still there');
  }

  private async move(from: string, to: string, size: number): Promise<void> {
    if (!this.runner.offers('rename')) return this.copyAndRemove(from, to, size);
    await this.runner.run('rename', { name: from, to });
    const [left, arrived] = [await this.sizeOf(from), await this.sizeOf(to)];
    if (arrived !== size || left !== undefined)
      throw this.unproven(
        'rename',
        from,
        `it as "${to}" only`,
        arrived === undefined ? 'no such file' : 'both',
      );
  }

  /** The first one goes only when the second was read back and is the same. */
  private async copyAndRemove(from: string, to: string, size: number): Promise<void> {
    const original = await this.fetch(from, size);
    try {
      // An earlier try may have died after it was sent. A half file set aside is nobody's while the whole one has its name.
      const isHalf = async (): Promise<boolean> =>
        asideOf(to.slice(to.lastIndexOf('/') + 1)) !== undefined && (await this.sizeOf(from)) === size;
      if ((await this.sizeOf(to)) === undefined) await this.send(to, original.file, size, isHalf);
      const copy = await this.fetch(to, size);
      try {
        const [one, other] = [await digestOf(original.file), await digestOf(copy.file)];
        if (one !== other) throw this.unproven('put', to, `SHA-256 ${one}`, other);
      } finally {
        await copy.remove();
      }
    } finally {
      await original.remove();
    }
    await this.removeRaw(from);
  }

  /** Brings a file into the spool; a client that leaves half of it is not believed. */
  private async fetch(
    name: string,
    size: number,
    signal?: AbortSignal,
  ): Promise<{ readonly file: string; remove(): Promise<void> }> {
    const room = this.spool.take();
    const file = join(await this.spool.own(), 'in', newId());
    const remove = async (): Promise<void> => {
      room.giveBack();
      await rm(file, { force: true });
    };
    try {
      room.grow(size);
      const { found } = await this.runner.run('get', { name, file, size: String(size) }, signal);
      if (!found) throw this.notFound(name);
      const arrived = (await statFile(file).catch(() => undefined))?.size;
      if (arrived === size) return { file, remove };
      throw this.unproven(
        'get',
        name,
        `${size} bytes`,
        arrived === undefined ? 'no file' : `${arrived} bytes`,
      );
    } catch (error) {
      await remove();
      throw error;
    }
  }

  private async *listed(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    checkedPrefix(speakable(prefix));
    const pattern = this.options.listPattern ?? /^(?<size>\d+)\s+(?<name>.+)$/;
    for await (const line of this.runner.lines('list', { name: prefix })) {
      const { name, size } = pattern.exec(line)?.groups ?? {};
      if (name === undefined || size === undefined || !name.startsWith(prefix)) continue;
      yield { name, size: Number(size.replaceAll(/[,' ]/g, '')) };
    }
  }

  private unproven(command: string, name: string, expected: string, found: string): TransientError {
    return new TransientError(
      'long-term-storage.command-unproven',
      `Expected ${expected} after "${command}" of "${name}" on ${this.name} said that it succeeded, found ${found}. It is tried again; look at the client if it comes again.`,
      { details: { storage: this.name, name, command } },
    );
  }

  private alreadyExists(name: string): PermanentError {
    return new PermanentError(
      'long-term-storage.already-exists',
      `Expected "${name}" on ${this.name} to be free, found a file there; it was left as it is. Compare it with what should be there, or remove it.`,
      { details: { storage: this.name, name } },
    );
  }

  private notFound(name: string): PermanentError {
    return new PermanentError(
      'long-term-storage.not-found',
      `Expected "${name}" on ${this.name}, found no such file.`,
      { details: { storage: this.name, name } },
    );
  }
}

/** Of a name with the token of a writer. */
const ours = (): Promise<boolean> => Promise.resolve(true);
const nobodys = (): Promise<boolean> => Promise.resolve(false);

async function digestOf(file: string): Promise<string> {
  return (await checksumOf(createReadStream(file))).sha256;
}
