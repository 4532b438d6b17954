import { randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chance } from '../fuzz/random.js';
import {
  datasetInLandingZone,
  datasetInSourceFolder,
  uploadLinks,
  type TestFile,
} from '../support/datasets.js';
import type { Installation } from '../support/installation.js';
import type { ScicatClient } from '../support/scicat-client.js';

/** Whether something was done: the answer was yes, no, or lost on its way. */
export type Known = 'not tried' | 'done' | 'refused' | 'unknown';

/** A dataset of the story, and everything that was done to it. */
export interface Prop {
  readonly pid: string;
  readonly kind: 'source' | 'landing';
  readonly checksums: boolean;
  readonly files: readonly TestFile[];
  /** In the source folder and in no list yet: to be added while the dataset is archived. */
  readonly extra?: { readonly file: TestFile; added: Known };
  /** Other bytes of the same length for a file in the landing zone, and the link to put them there. */
  readonly newer?: { readonly file: TestFile; readonly link: string; sent: Known };
}

/** A job that was answered with 2xx. */
export interface PostedJob {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly props: readonly Prop[];
  cancelAsked: boolean;
}

const time = new Date('2020-02-03T04:05:06.789Z');

/** Enough for two datablocks, and for an order to be under way for a moment. */
function filesOf(chance: Chance): TestFile[] {
  const bytes = 100_000 + chance.below(1_500_000);
  return [
    { path: 'big.h5', content: randomBytes(bytes) },
    { path: 'empty.dat', content: Buffer.alloc(0) },
    { path: 'a folder/ünï côdé 名前.txt', content: Buffer.from('hello') },
    { path: '-rf *', content: randomBytes(10) },
    ...Array.from({ length: 3 }, (_, index) => ({
      path: `scan/${index}`,
      content: randomBytes(1 + chance.below(50_000)),
    })),
  ];
}

export async function makeProp(
  installation: Installation,
  client: ScicatClient,
  chance: Chance,
): Promise<Prop> {
  const files = filesOf(chance);
  if (chance.happens(0.5)) {
    const { pid } = await datasetInSourceFolder(installation, client, files);
    const { sourceFolder } = await client.dataset(pid);
    const file = { path: 'late.dat', content: randomBytes(100) };
    const place = join(String(sourceFolder), file.path);
    await writeFile(place, file.content);
    await utimes(place, time, time);
    return { pid, kind: 'source', checksums: false, files, extra: { file, added: 'not tried' } };
  }
  const checksums = chance.happens(0.5);
  const { pid } = await datasetInLandingZone(installation, client, files, { checksums });
  const file = { path: 'big.h5', content: randomBytes(files[0]!.content.length) };
  const [link] = await uploadLinks(client, pid, [{ path: file.path, size: file.content.length }]);
  return { pid, kind: 'landing', checksums, files, newer: { file, link: link!.url, sent: 'not tried' } };
}

/** Adds a file to the list of a dataset, at a moment when that may be forbidden. */
export async function addLateFile(client: ScicatClient, { pid, extra }: Prop): Promise<void> {
  if (extra === undefined || extra.added !== 'not tried') return;
  extra.added = 'unknown';
  const { path, content } = extra.file;
  const answer = await client
    .call('POST', '/api/v3/OrigDatablocks', {
      datasetId: pid,
      size: content.length,
      dataFileList: [{ path, size: content.length, time: time.toISOString() }],
    })
    .catch(() => undefined);
  if (answer?.status === 201) extra.added = 'done';
  else if (answer !== undefined && answer.status < 500) extra.added = 'refused';
}

/** Puts other bytes in the place of a file in the landing zone, by a link from before the job. */
export async function overwrite({ newer }: Prop): Promise<void> {
  if (newer === undefined || newer.sent !== 'not tried') return;
  newer.sent = 'unknown';
  const answer = await fetch(newer.link, { method: 'PUT', body: newer.file.content }).catch(() => undefined);
  if (answer?.status === 200) newer.sent = 'done';
}
