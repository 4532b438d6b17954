import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { JobFact, JobFacts } from '#console-api';
import { Clock } from '#kernel';
import { WhySources, type WhySource } from '#service-host';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { mayWaitForMedium } from '../domain/work-needs.js';
import type { ShareSteering } from '../persistence/records.js';
import { ShareModes } from '../persistence/share-modes.js';
import type { WorkerRecord } from '../persistence/operators/worker-record.js';
import { ableFor, isAlive, scopeOf, Workers } from '../persistence/operators/workers.js';
import { WorkGroups, type LinePlace, type WorkGroup } from '../persistence/operators/work-groups.js';

/** Facts of one job. */
const maxFacts = 20;
/** Recalls and shares that one answer asks about. */
const maxAsked = 500;

type Facts = Record<string, string | number | boolean>;
type Told = Pick<JobFact, 'code' | 'since' | 'next'> & { readonly facts: Facts };

/** What is known at the moment of the question, for all of its jobs. */
interface Scene {
  readonly now: Date;
  readonly workers: ReadonlyMap<string, WorkerRecord>;
  readonly alive: readonly WorkerRecord[];
  /** Of those that live, what an operator said: they take nothing new. */
  readonly closed: ReadonlyMap<string, ShareSteering>;
  readonly shares: ReadonlyMap<string, ShareSteering>;
  readonly line: readonly LinePlace[];
  readonly recalls: ReadonlyMap<string, { order?: string; job?: string }>;
}

/** What the archiver knows of why jobs wait. */
@Injectable()
export class WorkFacts implements WhySource, OnModuleInit {
  constructor(
    private readonly groups: WorkGroups,
    private readonly workers: Workers,
    private readonly modes: ShareModes,
    private readonly clock: Clock,
    private readonly sources: WhySources,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  onModuleInit(): void {
    this.sources.add(this);
  }

  async factsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>> {
    const now = this.clock.now();
    const [groups, known] = await Promise.all([this.groups.of(jobIds, now), this.groups.known(jobIds)]);
    const facts = new Map<string, JobFact[]>([...known].map((id) => [id, []]));
    if (groups.length > 0) {
      const scene = await this.scene(groups, now);
      for (const group of groups) facts.get(group._id.jobId)?.push(this.factOf(group, scene));
    }
    return new Map(
      [...facts].map(([id, found]) => [
        id,
        {
          known: true,
          facts: together(found)
            .sort((one, other) => (other.count ?? 1) - (one.count ?? 1))
            .slice(0, maxFacts),
        },
      ]),
    );
  }

  private async scene(groups: readonly WorkGroup[], now: Date): Promise<Scene> {
    const shared = groups.filter(({ _id }) => _id.waitCode === 'work.shared-recall');
    const paused = groups.flatMap(({ _id }) => (isPaused(_id.code) && _id.share ? [_id.share] : []));
    const isInLine = groups.some(({ _id }) => _id.how === 'due' || _id.how === 'tape');
    const [workers, line, recalls] = await Promise.all([
      this.workers.all(),
      isInLine ? this.groups.line(now) : [],
      shared.length === 0
        ? new Map<string, { order?: string; job?: string }>()
        : this.groups.recalls(shared.flatMap(({ archiveId }) => archiveId ?? []).slice(0, maxAsked)),
    ]);
    const alive = workers.filter((worker) => isAlive(worker, now));
    const closed = await this.modes.inForceOf(alive.map(({ _id }) => scopeOf(_id)));
    const shares = await this.modes.inForceOf([...new Set(paused)].slice(0, maxAsked));
    const byName = new Map(workers.map((worker) => [worker._id, worker]));
    return { now, workers: byName, alive, closed, shares, line, recalls };
  }

  private factOf(group: WorkGroup, scene: Scene): JobFact {
    const { code, since, next, facts } = this.told(group, scene);
    const { count, part } = group;
    return {
      ...{ code, facts },
      ...(since === undefined ? {} : { since }),
      ...(next === undefined ? {} : { next }),
      ...(count === 1 ? { part } : { count }),
    };
  }

  private told(group: WorkGroup, scene: Scene): Told {
    switch (group._id.how) {
      case 'cancelled':
        return this.cancelled(group, scene);
      case 'waits':
        return this.waiting(group, scene);
      case 'later':
        return {
          code: 'work.waiting',
          ...sinceOf(group.acceptedAt),
          facts: {},
          next: group.dueAt.toISOString(),
        };
      case 'runs':
        return running(group, scene);
      case 'silent':
        return silent(group, scene);
      case 'tape':
      case 'due':
        return inLine(group, scene);
    }
  }

  /** What it left is taken back first: an operator may have closed the share that it lies on. */
  private cancelled({ _id: { code, share }, kind, dueAt }: WorkGroup, scene: Scene): Told {
    const closed = isPaused(code) ? scene.shares.get(share ?? '') : undefined;
    if (closed !== undefined) return paused(`share:${share}`, closed);
    const facts = {
      kind,
      ...(code === undefined ? {} : { code }),
      ...(share === undefined ? {} : { share }),
    };
    return { code: 'cancel.waiting', facts, next: dueAt.toISOString() };
  }

  private waiting(
    { _id, attempts, archiveId, details, faultAt, acceptedAt, dueAt }: WorkGroup,
    scene: Scene,
  ): Told {
    const times = { ...sinceOf(faultAt ?? acceptedAt), next: dueAt.toISOString() };
    const [waitCode, code] = [_id.waitCode ?? 'work.waiting', _id.code ?? 'archiver.unexpected-error'];
    const closed = isPaused(code) ? scene.shares.get(_id.share ?? '') : undefined;
    if (closed !== undefined) return paused(`share:${_id.share}`, closed);
    if (waitCode === 'work.retrying')
      return { code: waitCode, ...times, facts: { attempt: attempts, of: this.config.maxAttempts, code } };
    if (waitCode === 'work.shared-recall') {
      const { order, job } = scene.recalls.get(archiveId ?? '') ?? {};
      const facts = {
        ...(order === undefined ? {} : { order }),
        ...(job === undefined ? {} : { jobId: job }),
      };
      return { code: waitCode, ...times, facts };
    }
    return { code: waitCode, ...times, facts: { code, ...details } };
  }
}

/** Work for different targets may wait for the same: that is one fact. */
function together(facts: readonly JobFact[]): JobFact[] {
  const found = new Map<string, JobFact>();
  for (const fact of facts) {
    const key = JSON.stringify([fact.code, fact.facts]);
    const same = found.get(key);
    found.set(key, same === undefined ? fact : sumOf(same, fact));
  }
  return [...found.values()];
}

function sumOf(one: JobFact, other: JobFact): JobFact {
  const [since, next] = [firstOf(one.since, other.since), firstOf(one.next, other.next)];
  return {
    ...{ code: one.code, facts: one.facts, count: (one.count ?? 1) + (other.count ?? 1) },
    ...(since === undefined ? {} : { since }),
    ...(next === undefined ? {} : { next }),
  };
}

/** Times of one form and zone are in the order of their letters. */
function firstOf(...times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).sort()[0];
}

function running(group: WorkGroup, scene: Scene): Told {
  const { phase, bytesDone, bytesTotal, rate, startedAt, medium } = group;
  const worker = group._id.worker ?? '';
  const seen = scene.workers.get(worker);
  if (seen !== undefined && !isAlive(seen, scene.now)) return silent(group, scene);
  const since = startedAt === undefined ? {} : sinceOf(startedAt);
  const about = {
    ...(worker === '' ? {} : { worker }),
    ...(medium === undefined ? {} : { cartridge: medium }),
  };
  // A tape may wait for its drive while its order is held, and gives no byte until then.
  if (phase === 'waiting' && mayWaitForMedium(group, seen?.media ?? []))
    return { code: 'work.tape', ...since, facts: about };
  const left = rate > 0 && bytesTotal > bytesDone ? Math.ceil((bytesTotal - bytesDone) / rate) : undefined;
  const next = left === undefined ? {} : { next: new Date(scene.now.getTime() + left * 1000).toISOString() };
  return {
    ...{ code: 'work.running', ...since, ...next },
    facts: {
      ...about,
      ...(phase === undefined ? {} : { phase, bytesDone, bytesTotal }),
      ...(rate > 0 ? { rate } : {}),
      ...(left === undefined ? {} : { secondsLeft: left }),
    },
  };
}

function silent({ _id, dueAt, startedAt }: WorkGroup, { workers }: Scene): Told {
  const seenAt = workers.get(_id.worker ?? '')?.seenAt ?? startedAt;
  return {
    code: 'work.silent',
    ...(seenAt === undefined ? {} : sinceOf(seenAt)),
    facts: {
      ...(_id.worker === undefined ? {} : { worker: _id.worker }),
      ...(seenAt === undefined ? {} : { seenAt: seenAt.toISOString() }),
      takeoverAt: dueAt.toISOString(),
    },
    next: dueAt.toISOString(),
  };
}

/** It is due: for a worker that lives, has its targets, and may take something new. */
function inLine({ _id, needs, dueAt, medium }: WorkGroup, { alive, closed, line }: Scene): Told {
  const since = sinceOf(dueAt);
  const { able, pause } = ableFor(needs, alive, closed);
  if (alive.length > 0 && able.length === 0)
    return {
      ...{ code: 'work.waiting', ...since },
      facts: { code: 'archiver.target-away', share: (needs?.targets ?? []).slice(0, 10).join(', ') },
    };
  if (pause !== undefined) return paused(pause._id, pause);
  const slots = able.reduce((sum, worker) => sum + worker.slots, 0);
  const ofLine = _id.how === 'tape' ? line.filter(({ target }) => target === _id.target) : line;
  const index = ofLine.findIndex(({ jobId }) => jobId === _id.jobId);
  const place: Facts = index < 0 ? {} : { place: index + 1 };
  if (_id.how !== 'tape')
    return { code: 'work.queued', ...since, facts: { ...place, slots, workers: able.length } };
  const tape = { ...(_id.target === undefined ? {} : { share: _id.target }) };
  return {
    ...{ code: 'work.tape', ...since },
    facts: { ...place, ...tape, ...(medium === undefined ? {} : { cartridge: medium }) },
  };
}

function paused(scope: string, { mode, by, reason, since, until }: ShareSteering): Told {
  return {
    ...{ code: 'paused', ...sinceOf(since), facts: { scope, mode, by, reason } },
    ...(until === undefined ? {} : { next: until.toISOString() }),
  };
}

function isPaused(code: string | undefined): boolean {
  return code === 'archiver.share-paused';
}

function sinceOf(at: Date): { since: string } {
  return { since: at.toISOString() };
}
