import { PermanentError, SystemClock, TransientError, type Clock } from '#kernel';
import { IdentityFile, type StorageIdentity } from '../identity/storage-identity.js';
import type { LongTermStorage } from '../long-term-storage.js';
import type { CommandRunner } from './command-runner.js';

const maxId = 500;
/** Milliseconds for which an answer counts: each step asks twice, and a client takes a second to start. Asked
 * anew is after a step that failed or found nothing. */
const maxAge = 10_000;

/** What a client says that it is connected to (a server and its node, a file space): nothing is written to know it again. */
export class CommandIdentity extends IdentityFile {
  private last: { readonly at: number; readonly identity: StorageIdentity } | undefined;

  constructor(
    private readonly of: LongTermStorage,
    private readonly runner: CommandRunner,
    private readonly pattern: RegExp = /(?<id>[^]*)/,
    private readonly clock: Clock = new SystemClock(),
  ) {
    super(of);
  }

  /** @throws TransientError `long-term-storage.command-unclear` */
  override async read(fresh = false): Promise<StorageIdentity> {
    const at = this.clock.now().getTime();
    if (!fresh && this.last !== undefined && at - this.last.at < maxAge) return this.last.identity;
    const { found, output } = await this.runner.run('identify', {});
    const id = this.pattern.exec(output)?.groups?.['id']?.trim() ?? '';
    if (found && id !== '' && id.length <= maxId) {
      const identity = { id, target: this.of.name, since: '' };
      this.last = { at, identity };
      return identity;
    }
    throw new TransientError(
      'long-term-storage.command-unclear',
      `Expected in what "identify" of ${this.of.name} says who the server is, found ${JSON.stringify(output.slice(0, 300))}. Correct the command, or identityPattern of the target.`,
      { details: { storage: this.of.name } },
    );
  }

  override write(): Promise<boolean> {
    return Promise.reject(
      new PermanentError(
        'long-term-storage.command-refused',
        `Expected ${this.of.name} to say itself who it is, found that an identity was to be written there.`,
      ),
    );
  }

  override isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
