import {
  cancelCopyV1,
  recallCopyV1,
  removeCopyV1,
  storeCopyV1,
  verifyCopyV1,
  type Envelope,
} from '#contracts';
import { wait, type Clock } from '#kernel';
import type { Conversation, Heard } from './conversation.js';
import type { Hands } from './hands.js';
import type { Link, Links, LinkBehaviour } from './links.js';
import { expect } from './missing.js';
import { sampleTar, type SampleTar } from './sample-tar.js';

const contracts = {
  store: storeCopyV1,
  verify: verifyCopyV1,
  recall: recallCopyV1,
  remove: removeCopyV1,
} as const;
export type Verb = keyof typeof contracts;

/** Kind of the event that says that it is done. */
export const doneKinds: Readonly<Record<Verb, string>> = {
  store: 'copy-stored',
  verify: 'copy-verified',
  recall: 'copy-recalled',
  remove: 'copy-removed',
};

/** A copy that a worker is asked to keep. */
export interface Copy {
  readonly archiveId: string;
  readonly sample: SampleTar;
}

/** Milliseconds that a link is said to be good for. */
const linkLife = 3_600_000;

export interface SceneSettings {
  readonly target: string;
  /** Marks whatever this run makes. */
  readonly run: string;
  readonly contentSize: number;
  /** Milliseconds within which a worker at a slow link says how far it is. */
  readonly progressWithin: number;
}

/** What checks ask a worker for. */
export class Scene {
  readonly copies: Copy[] = [];
  /** Name of the check that runs. */
  check = '';
  private orders = 0;

  constructor(
    readonly settings: SceneSettings,
    readonly conversation: Conversation,
    readonly links: Links,
    readonly hands: Hands,
    readonly clock: Clock,
  ) {}

  /** Names can be recognised by whoever finds them at the target. */
  copy(name?: string): Copy {
    const number = String(this.copies.length).padStart(3, '0');
    const copy = {
      archiveId: `catena-check/${this.settings.run}/${name ?? `${number}.tar`}`,
      sample: sampleTar(this.settings.contentSize),
    };
    this.copies.push(copy);
    return copy;
  }

  order(verb: Verb, copy: Copy): Order {
    this.orders += 1;
    const orderId = `${this.settings.run}/${this.orders}/0/${this.settings.target}`;
    return new Order(this, verb, copy, orderId);
  }

  /** A copy that lies at the target, whatever else is checked with it. */
  async stored(name?: string): Promise<Copy> {
    const copy = this.copy(name);
    expectDone(await this.order('store', copy).done(), 'store', copy);
    return copy;
  }

  /** @param milliseconds in which a worker may do what nobody can see */
  pause(milliseconds: number): Promise<void> {
    return wait(milliseconds);
  }

  async verified(copy: Copy): Promise<Heard> {
    return this.order('verify', copy).done();
  }

  /** Whether the worker says that the copy is good. */
  async isGood(copy: Copy): Promise<boolean> {
    const { kind, data } = await this.verified(copy);
    const { sha256, packedSize } = copy.sample;
    return kind === 'copy-verified' && data['sha256'] === sha256 && data['packedSize'] === packedSize;
  }
}

/** One order to the worker, in as many attempts as a check makes. */
export class Order {
  constructor(
    private readonly scene: Scene,
    private readonly verb: Verb,
    private readonly copy: Copy,
    readonly id: string,
  ) {}

  /** @param link to read from or to write to; a good one unless said */
  async send(attempt = 1, link: Link = this.link()): Promise<Envelope> {
    const urls = {
      ...(this.verb === 'store' ? { url: link.url } : {}),
      ...(this.verb === 'recall' ? { uploadUrl: link.url } : {}),
    };
    const expiry = new Date(this.scene.clock.now().getTime() + linkLife).toISOString();
    const withLink = Object.keys(urls).length > 0 ? { ...urls, urlExpiresAt: expiry } : {};
    const { conversation, check } = this.scene;
    return conversation.send(contracts[this.verb], { ...this.data(attempt), ...withLink }, check);
  }

  async cancel(attempt = 1): Promise<void> {
    await this.scene.conversation.send(cancelCopyV1, this.data(attempt), this.scene.check);
  }

  link(behaviour: LinkBehaviour = {}, sample = this.copy.sample): Link {
    return this.scene.links.make(sample, behaviour);
  }

  /** Sends it and waits for its end. */
  async done(attempt = 1, link?: Link): Promise<Heard> {
    await this.send(attempt, link);
    return this.end(attempt);
  }

  end(attempt = 1, since = 0): Promise<Heard> {
    return this.scene.conversation.end(this.id, attempt, since);
  }

  data(attempt: number): OrderData {
    const { archiveId, sample } = this.copy;
    const { target, run } = this.scene.settings;
    const { packedSize, sha256 } = sample;
    return { orderId: this.id, target, attempt, pid: `catena-check/${run}`, archiveId, packedSize, sha256 };
  }
}

export interface OrderData {
  readonly orderId: string;
  readonly target: string;
  readonly attempt: number;
  readonly pid: string;
  readonly archiveId: string;
  readonly packedSize: number;
  readonly sha256: string;
}

/** @throws Missing unless it was done, with the size and checksum that are right */
export function expectDone({ kind, data }: Heard, verb: Verb, { sample }: Copy): void {
  const why = typeof data['message'] === 'string' ? ` (${data['message']})` : '';
  expect(kind === doneKinds[verb], `Expected ${doneKinds[verb]}, found ${kind}${why}.`);
  if (verb === 'remove') return;
  const found = `${String(data['packedSize'])} bytes with ${String(data['sha256'])}`;
  expect(
    data['packedSize'] === sample.packedSize && data['sha256'] === sample.sha256,
    `Expected ${kind} to say what was read back from the medium, ${sample.packedSize} bytes with ${sample.sha256}; found ${found}.`,
  );
}

/** @throws Missing unless the worker said that it cannot be done */
export function expectFailed({ kind, data }: Heard, because: string): void {
  expect(kind === 'copy-failed', `Expected copy-failed, because ${because}; found ${kind}.`);
  const { message } = data;
  expect(
    typeof message === 'string' && message.trim() !== '',
    `Expected the message of copy-failed to say what is wrong (${because}), found none.`,
  );
}
