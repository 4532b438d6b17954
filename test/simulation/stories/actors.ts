import { AuditedJobs } from '../../../apps/catalog-api/src/job-control/audited-jobs.js';
import { JobCreation } from '../../../apps/catalog-api/src/jobs/job-creation.js';
import { pidAsName } from '#kernel';
import type { Installation } from '../apps/installation.js';
import { landingZone } from '../apps/settings.js';
import type { Step, Story } from './story.js';

/** Milliseconds that a client waits for an answer, and before it asks again. */
const patience = 3000;
/** Attempts of a client: as many as there are in a story's time, and after it. */
const maxAttempts = 40;

type Post = Extract<Step, { does: 'post' }>;
type Wish = Extract<Step, { does: 'cancel' | 'retry' }>;

/** What a client was told of its job. */
export interface Answer {
  readonly at: number;
  /** Of the job that it was told of. */
  readonly id?: string;
  /** What it was refused with: its status. */
  readonly status?: number;
}

const request = { headers: {}, ip: '127.0.0.1' } as never;

/** The people and clients of a story: they know what they were told, and nothing else. */
export class Actors {
  /** What each post was answered, by its key; none while it is not answered. */
  readonly posted = new Map<string, Answer>();
  /** Jobs whose end was asked for, and what the answer was. */
  readonly cancelled = new Map<string, Answer>();
  /** The child of each job that was retried, as its client was told. */
  readonly retried = new Map<string, Answer>();
  /** Who still waits for an answer. */
  waiting = 0;

  constructor(
    private readonly installation: Installation,
    private readonly story: Story,
  ) {}

  /** Puts all steps into time. */
  begin(): void {
    const { scheduler } = this.installation.world;
    const began = scheduler.now;
    for (const step of this.story.steps)
      scheduler.after(began + step.at - scheduler.now, undefined, describe(step), () => this.take(step));
  }

  private take(step: Step): void {
    const { installation } = this;
    const { scheduler } = installation.world;
    switch (step.does) {
      case 'post':
        this.waiting += 1;
        return this.post(step, 0);
      case 'cancel':
      case 'retry':
        this.waiting += 1;
        return this.wish(step, 0);
      case 'overwrite':
        return this.overwrite(step);
      case 'kill':
        installation.kill(step.process);
        scheduler.after(step.awayFor, undefined, `${step.process} may start`, () =>
          installation.start(step.process),
        );
        return;
      case 'freeze':
        return installation.freeze(step.process, step.awayFor);
      case 'cut':
        return installation.broker.cut(installation.process(step.process), step.awayFor);
      case 'unmount': {
        const share = installation.shares[step.share]!;
        share.gone = true;
        scheduler.after(step.awayFor, undefined, `${share.name} is mounted again`, () => {
          share.gone = false;
        });
        return;
      }
    }
  }

  private post(step: Post, attempt: number): void {
    const { key, type, group, pids } = step;
    const jobParams = { datasetList: pids.map((pid) => ({ pid, files: [] })) };
    const wanted = {
      ...{ type, jobParams, ownerUser: 'ada', ownerGroup: group },
      ...{ contactEmail: 'ada@example.org', request: { type, jobParams }, idempotencyKey: key },
    };
    this.ask(
      (get) => get(JobCreation).post(callerOf(group), wanted),
      ({ id }) => this.answered(this.posted, key, { id }),
      (status) => this.answered(this.posted, key, { status }),
      () => this.post(step, attempt + 1),
      attempt,
    );
  }

  /** Of a job that the client was told of; it waits until it is. */
  private wish(step: Wish, attempt: number): void {
    const { key, group, does } = step;
    const known = does === 'cancel' ? this.cancelled : this.retried;
    const id = this.posted.get(key)?.id;
    const again = (): void => this.wish(step, attempt + 1);
    if (this.posted.get(key)?.status !== undefined || attempt > maxAttempts) {
      this.waiting -= 1;
      return;
    }
    if (id === undefined) return this.later(again);
    this.ask(
      (get) =>
        does === 'cancel'
          ? get(AuditedJobs).cancel(callerOf(group), request, id)
          : get(AuditedJobs).retry(callerOf(group), request, id),
      (job) => this.answered(known, id, { id: job.id }),
      (status) => this.answered(known, id, { status }),
      again,
      attempt,
    );
  }

  private answered(known: Map<string, Answer>, key: string, answer: Omit<Answer, 'at'>): void {
    this.waiting -= 1;
    known.set(key, { at: this.installation.world.scheduler.now, ...answer });
  }

  /** One request to catalog-api. Without an answer in time, or with one that says "later", the client asks again. */
  private ask<Given>(
    act: (get: NonNullable<ReturnType<Installation['app']>>['get']) => Promise<Given>,
    told: (given: Given) => void,
    refused: (status: number) => void,
    again: () => void,
    attempt: number,
  ): void {
    const { installation } = this;
    const { scheduler } = installation.world;
    if (attempt > maxAttempts) {
      this.waiting -= 1;
      return;
    }
    let isOver = false;
    const once = (then: () => void) => (): void => {
      if (isOver) return;
      isOver = true;
      then();
    };
    scheduler.after(patience, undefined, 'a client has no answer', once(again));
    const server = installation.process('catalog-api');
    scheduler.after(1, server, 'catalog-api is asked', () => {
      const app = installation.app('catalog-api');
      if (app === undefined) return;
      void act((token) => app.get(token)).then(
        (given) => once(() => told(given))(),
        (error: unknown) => {
          const { status } = error as { status?: number };
          const isFinal = typeof status === 'number' && status < 500 && status !== 429;
          once(isFinal ? () => refused(status) : () => this.later(again))();
        },
      );
    });
  }

  private later(again: () => void): void {
    this.installation.world.scheduler.after(patience, undefined, 'a client asks again', again);
  }

  private overwrite({ pid, path, content }: Extract<Step, { does: 'overwrite' }>): void {
    const key = `${pidAsName(pid)}/${path}`;
    void this.installation.store.put(landingZone, key, Buffer.from(content), { size: content.length });
  }
}

function callerOf(group: string) {
  return {
    ...{ _id: 'ada', username: 'ada', email: 'ada@example.org' },
    ...{ currentGroups: [group], authStrategy: 'local' },
  };
}

export function describe({ at, does, ...more }: Step): string {
  const facts = Object.entries(more).map(([name, value]) => `${name}=${[value].flat().join('+')}`);
  return `${String(at).padStart(6)} ms  ${does} ${facts.join(' ')}`;
}
