import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../fuzz/random.js';
import { ScicatClient, type Job } from '../support/scicat-client.js';
import { addLateFile, overwrite, type PostedJob, type Prop } from './archive-cast.js';
import { patience } from './stage.js';

const over = /^(finished|jobCancel)/;
const types = ['archive', 'retrieve', 'verify'] as const;

/** Everything that was asked of the installation, by whomever. */
export class Playbill {
  readonly jobs: PostedJob[] = [];
  /** Posts that were answered with no. */
  readonly refusals: string[] = [];
  readonly deeds = new Map<string, number>();

  count(deed: string): void {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
  }
}

/** A user with a program: posts jobs, changes their mind, is impatient, and does what is forbidden. */
export class Actor {
  private turns = 0;

  constructor(
    private readonly name: string,
    /** The same account at each catalog-api. */
    private readonly doors: readonly ScicatClient[],
    private readonly chance: Chance,
    private readonly bill: Playbill,
  ) {}

  /**
   * One turn: a job, and what happens meanwhile.
   *
   * @param fresh datasets nobody has asked for yet
   * @param archived datasets that were archived before the faults began
   * @param foreign datasets that others are after as well
   */
  async act(fresh: Prop[], archived: readonly Prop[], foreign: readonly Prop[]): Promise<void> {
    const { chance } = this;
    const type =
      fresh.length === 0
        ? chance.pick(types.slice(1))
        : chance.pick([...types, 'archive', 'archive'] as const);
    const plan = {
      cancel: chance.happens(0.25) ? chance.below(2500) : undefined,
      harm: chance.happens(0.6) ? chance.below(2500) : undefined,
      impatience: chance.happens(0.4) ? chance.below(300) : undefined,
      envy: chance.happens(0.25) ? chance.below(500) : undefined,
    };
    const count = type === 'archive' ? 1 + chance.below(3) : 1;
    const other = chance.pick(foreign);
    const props = type === 'archive' ? fresh.splice(0, count) : [chance.pick(archived)];
    const job = await this.post(type, props, plan.impatience);
    const meanwhile: Promise<void>[] = [];
    if (job !== undefined && plan.cancel !== undefined) meanwhile.push(this.cancel(job, plan.cancel));
    if (type === 'archive' && plan.harm !== undefined) meanwhile.push(this.harm(props, plan.harm));
    if (plan.envy !== undefined)
      meanwhile.push(sleep(plan.envy).then(() => this.post('archive', [other]).then(() => undefined)));
    await Promise.all(meanwhile);
    if (job !== undefined) await this.endOf(job);
  }

  /** Posts under a key until there is an answer. @returns undefined when the answer is no */
  async post(type: string, props: readonly Prop[], impatience?: number): Promise<PostedJob | undefined> {
    this.turns += 1;
    const key = `${this.name} ${this.turns}`;
    const pids = props.map(({ pid }) => pid);
    if (impatience !== undefined) await this.loseAnswer(type, pids, key, impatience);
    for (const until = Date.now() + patience; ; await sleep(200)) {
      const answer = await this.door()
        .postJob(type, pids, { 'idempotency-key': key })
        .catch(() => undefined);
      if (answer?.status === 201) {
        const job = { id: String(answer.body['id']), key, type, props, cancelAsked: false };
        this.bill.jobs.push(job);
        this.bill.count(`${type} posted`);
        return job;
      }
      if (answer !== undefined && answer.status < 500) {
        assert.equal(answer.status, 409, `${type} of ${pids.join(', ')}: ${JSON.stringify(answer.body)}`);
        this.bill.count(`${type} refused`);
        this.bill.refusals.push(`${type} ${pids.join(', ')}: ${JSON.stringify(answer.body)}`);
        return undefined;
      }
      assert.ok(
        Date.now() < until,
        `expected an answer to ${key}, found ${JSON.stringify(answer ?? 'none')}`,
      );
    }
  }

  /** Polls to the end of the job, through whatever door is open. */
  async endOf({ id }: PostedJob): Promise<Job> {
    let last: unknown;
    for (const until = Date.now() + patience; Date.now() < until; await sleep(300)) {
      const answer = await this.door()
        .call<Job>('GET', `/api/v4/jobs/${id}`)
        .catch(() => undefined);
      if (answer === undefined || answer.status >= 500) continue;
      assert.equal(answer.status, 200, `job ${id}, which was accepted: ${JSON.stringify(answer.body)}`);
      last = answer.body.statusMessage;
      if (over.test(answer.body.statusCode)) return answer.body;
    }
    return assert.fail(`expected job ${id} to end, found: ${String(last)}`);
  }

  private door(): ScicatClient {
    // Not drawn from the seed: how often it is asked depends on the faults.
    return this.doors[Math.floor(Math.random() * this.doors.length)]!;
  }

  private async loseAnswer(type: string, pids: readonly string[], key: string, after: number): Promise<void> {
    const lost = this.door().postJob(type, pids, { 'idempotency-key': key });
    await Promise.race([lost.catch(() => undefined), sleep(after)]);
    this.bill.count('answer not waited for');
  }

  private async cancel(job: PostedJob, delay: number): Promise<void> {
    await sleep(delay);
    job.cancelAsked = true;
    for (const until = Date.now() + patience; ; await sleep(200)) {
      const answer = await this.door()
        .call('POST', `/api/v4/jobs/${job.id}/cancel`)
        .catch(() => undefined);
      if (answer?.status === 202) break;
      if (answer !== undefined) assert.ok(answer.status >= 500, JSON.stringify(answer));
      assert.ok(Date.now() < until, `expected an answer to the cancelling of job ${job.id}`);
    }
    this.bill.count('cancel asked');
  }

  private async harm(props: readonly Prop[], delay: number): Promise<void> {
    await sleep(delay);
    for (const prop of props) {
      await addLateFile(this.door(), prop);
      await overwrite(prop);
      this.bill.count(
        prop.kind === 'source' ? `late file ${prop.extra?.added}` : `overwriting ${prop.newer?.sent}`,
      );
    }
  }
}
