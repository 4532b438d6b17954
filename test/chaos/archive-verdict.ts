import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { sha256, type TestFile } from '../support/datasets.js';
import type { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { Job, ScicatClient } from '../support/scicat-client.js';
import type { PostedJob, Prop } from './archive-cast.js';
import type { Playbill } from './archive-actors.js';

/** Codes of a part that failed because an original was overwritten while it was read. */
const overwritten = ['datablock.member-changed', 'datablock.checksum-mismatch'];

/** Judges from outside, and from the databases, what became of everything. Problems are gathered, so that one run shows them all. */
export class ArchiveVerdict {
  readonly problems: string[] = [];
  private readonly ledger: Ledger;
  private readonly ends = new Map<string, Job>();

  constructor(
    private readonly installation: Installation,
    private readonly client: ScicatClient,
    private readonly bill: Playbill,
  ) {
    this.ledger = new Ledger(installation, client);
  }

  /** Jobs by type and end. */
  async judge(props: readonly Prop[]): Promise<string> {
    for (const job of this.bill.jobs)
      await this.holds(`${job.type} job ${job.id} (${job.key})`, () => this.job(job));
    await this.holds('jobs', () => this.noForeignJobs());
    const spare = await this.spareTars();
    for (const prop of props)
      await this.holds(`${prop.kind} dataset ${prop.pid}`, () => this.dataset(prop, spare));
    await this.holds('long-term storage', () => this.everyFileBelongs(spare));
    const counts = new Map<string, number>();
    for (const { id, type } of this.bill.jobs) {
      const end = `${type} ${this.ends.get(id)?.statusCode ?? 'unknown'}`;
      counts.set(end, (counts.get(end) ?? 0) + 1);
    }
    return [...counts].map(([end, count]) => `${count} × ${end}`).join(', ');
  }

  private async holds(what: string, check: () => Promise<void>): Promise<void> {
    await check().catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.problems.push(`${what}: ${text.split('\n').slice(0, 30).join('\n    ')}`);
    });
  }

  private async job(posted: PostedJob): Promise<void> {
    const job = await this.client.job(posted.id);
    this.ends.set(posted.id, job);
    await this.ledger.jobEndedOnce(posted.id, job.statusCode);
    if (job.statusCode === 'jobCancel')
      assert.ok(posted.cancelAsked, 'it was cancelled, and nobody had asked for it');
    for (const { pid, code, message } of job.jobResultObject.bad ?? []) {
      const prop = posted.props.find((one) => one.pid === pid);
      const explained =
        overwritten.includes(code) &&
        prop?.newer !== undefined &&
        prop.newer.sent !== 'not tried' &&
        message.includes('big.h5');
      assert.ok(explained, `${pid} failed with ${code}, which nothing in the story explains: ${message}`);
    }
    const again = await this.client.postJob(
      posted.type,
      posted.props.map(({ pid }) => pid),
      { 'idempotency-key': posted.key },
    );
    assert.equal(again.body['id'], posted.id, 'the same key gives the same job, after its end as well');
    if (posted.type === 'retrieve' && job.statusCode === 'finishedSuccessful') await this.copies(job);
  }

  /** What was retrieved is what lies on tape. */
  private async copies({ jobResultObject: { result = [] } }: Job): Promise<void> {
    assert.ok(result.length > 0, 'copies of a retrieve job that was successful');
    for (const { archiveId, url } of result) {
      const response = await fetch(url);
      assert.equal(response.status, 200, url);
      assert.equal(
        sha256(Buffer.from(await response.arrayBuffer())),
        await checksumOf(createReadStream(join(this.installation.shares[0]!, archiveId))),
        `the retrieved copy of ${archiveId}`,
      );
    }
  }

  /** A job that nobody knows of was made twice. */
  private async noForeignJobs(): Promise<void> {
    const known = new Set(this.bill.jobs.map(({ id }) => id));
    assert.equal(known.size, this.bill.jobs.length, 'jobs with ids of their own');
    const stored = await this.installation.withDatabase('catalog-api', (database) =>
      database
        .collection<{ _id: string; catena?: { idempotency?: { key: string } } }>('Job')
        .find({})
        .toArray(),
    );
    assert.deepEqual(
      stored
        .filter(({ _id }) => !known.has(_id))
        .map(({ _id, catena }) => `${_id} (${catena?.idempotency?.key})`),
      [],
      'jobs that nobody got an answer about',
    );
  }

  private async dataset(prop: Prop, spare: ReadonlySet<string>): Promise<void> {
    const { datasetlifecycle } = await this.client.dataset(prop.pid);
    const successes = this.bill.jobs.filter(
      ({ id, type }) =>
        type === 'archive' && this.ends.get(id)?.jobResultObject.good?.includes(prop.pid) === true,
    );
    const archived = datasetlifecycle['retrievable'] === true;
    assert.deepEqual(
      successes.length,
      archived ? 1 : 0,
      `archive jobs that were successful for it: ${successes.map(({ id }) => id).join(', ')}`,
    );
    if (archived) await this.archived(prop, spare);
    else await this.untouched(prop, String(datasetlifecycle['archiveStatusMessage']));
  }

  private async archived({ pid, files, extra, newer }: Prop, spare: ReadonlySet<string>): Promise<void> {
    const lines = (await this.client.datablocks(pid)).flatMap(({ dataFileList }) => dataFileList);
    const onTape = (file: TestFile): boolean =>
      lines.some(({ path, chk }) => path === file.path && chk === sha256(file.content));
    const listed = await this.listed(pid);
    const wanted = files.map((file) =>
      newer?.file.path === file.path && onTape(newer.file) ? newer.file : file,
    );
    if (extra !== undefined) {
      const isListed = listed.includes(extra.file.path);
      if (extra.added !== 'unknown')
        assert.equal(isListed, extra.added === 'done', `the late file is listed (${extra.added})`);
      if (isListed) wanted.push(extra.file);
    }
    assert.deepEqual(
      [...listed].sort(),
      wanted.map(({ path }) => path).sort(),
      'the file list of the dataset',
    );
    await this.ledger.datasetIsArchived({ pid, files: wanted }, spare);
    const left = await this.installation.originals(pid);
    // What came too late for the tape stays, and nothing else.
    const kept =
      newer?.sent === 'done' && !onTape(newer.file) ? [[newer.file.path, sha256(newer.file.content)]] : [];
    if (newer?.sent === 'unknown' && left.size === 0) return;
    assert.deepEqual([...left], kept, 'originals in the landing zone');
  }

  private async untouched({ pid, kind, files, extra, newer }: Prop, status: string): Promise<void> {
    assert.ok(['datasetCreated', 'scheduleArchiveJobFailed'].includes(status), `archive status ${status}`);
    await this.ledger.datasetIsUntouched({ pid, files }, status);
    const listed = await this.listed(pid);
    if (extra !== undefined && extra.added !== 'unknown')
      assert.equal(
        listed.includes(extra.file.path),
        extra.added === 'done',
        `the late file is listed (${extra.added})`,
      );
    if (kind === 'source') return;
    const left = await this.installation.originals(pid);
    for (const file of files) {
      const found = left.get(file.path);
      const isNewer = newer?.file.path === file.path && newer.sent === 'done';
      const right = isNewer
        ? [newer.file]
        : newer?.file.path === file.path && newer.sent === 'unknown'
          ? [file, newer.file]
          : [file];
      assert.ok(
        right.some(({ content }) => sha256(content) === found),
        `${file.path} in the landing zone`,
      );
    }
    assert.equal(left.size, files.length, 'files in the landing zone');
  }

  private async listed(pid: string): Promise<string[]> {
    const { body } = await this.client.patiently<{ dataFileList: { path: string }[] }[]>(
      'GET',
      `/api/v3/datasets/${encodeURIComponent(pid)}/origdatablocks`,
    );
    return body.flatMap(({ dataFileList }) => dataFileList.map(({ path }) => path));
  }

  /** Verified in a job that failed as a whole: kept for whoever retries it. */
  private async spareTars(): Promise<ReadonlySet<string>> {
    const failed = new Set(
      [...this.ends.values()]
        .filter(({ jobResultObject: { bad = [] } }) => bad.length > 0)
        .flatMap(({ id, jobResultObject: { bad = [] } }) => bad.map(({ pid }) => `${id} ${pid}`)),
    );
    const stored = await this.installation.withDatabase('archiver', (database) =>
      database
        .collection<{ _id: string; jobId: string; pid: string }>('datablocks')
        .find({ state: 'verified' })
        .toArray(),
    );
    return new Set(stored.filter(({ jobId, pid }) => failed.has(`${jobId} ${pid}`)).map(({ _id }) => _id));
  }

  /** Every file on the shares is a datablock of the catalogue, a spare one, or recorded as set aside. */
  private async everyFileBelongs(spare: ReadonlySet<string>): Promise<void> {
    const listed = await this.installation.withDatabase('catalog-api', (database) =>
      database
        .collection('Datablock')
        .find({}, { projection: { archiveId: 1 } })
        .toArray(),
    );
    const tars = new Set([...listed.map(({ archiveId }) => String(archiveId)), ...spare]);
    const aside = await this.installation.withDatabase('archiver', (database) =>
      database.collection<{ _id: string; share: string; archiveId: string }>('set_aside').find({}).toArray(),
    );
    const unexplained: string[] = [];
    let discarded = 0;
    for (const share of this.installation.shares)
      for (const entry of await readdir(share, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name).slice(share.length + 1);
        if (tars.has(file) || file === '.catena-target') continue;
        const recorded = aside.some(({ _id, archiveId }) => file === `${archiveId}.${_id}.discarded`);
        if (recorded) discarded += 1;
        else unexplained.push(join(share, file));
      }
    assert.deepEqual(unexplained, [], 'files on long-term storage that belong to nobody');
    assert.equal(discarded, aside.length, `files set aside, as recorded: ${JSON.stringify(aside)}`);
  }
}

async function checksumOf(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
