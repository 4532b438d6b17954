import type { ConsoleSession, MissingApp } from '#console-api';
import { evil, session, since, type Answers } from './rendered.js';

/** A pid with everything that pids may have in them. */
export const pid = '20.500.11935/a b/100%?&#ü';
const archiveId = `${pid}/1.tar.gz`;

const deeds = [
  ...(['copy.verify', 'copy.repair', 'retrieved.extend', 'job.link'] as const),
  ...(['pause.set', 'pause.end', 'limits.set', 'operations.read', 'operations.act'] as const),
];
/** Who may do everything on these pages. */
export const keeper: ConsoleSession = {
  ...session,
  permissions: deeds.map((action) => ({ action, rule: 'operator', reach: 'all' })),
};

const copy = {
  ...{ archiveId, pid, share: 'lts', bytes: 4096, state: 'verified' },
  ...{ checkedAt: since, verifiedAt: since },
};
const bad = { ...copy, share: 'vault', state: 'damaged', finding: `expected SHA-256, found ${evil}` };
const worker = {
  ...{ instance: `archiver-1${evil}`, host: 'tape1', pid: 7, version: '0.9.0', slots: 4, works: 2 },
  ...{ targets: ['lts'], alive: true, seenAt: since, startedAt: since, mode: 'run' },
};
const share = {
  ...{
    name: 'lts',
    state: 'known',
    up: true,
    freeBytes: 3 * 1024 ** 4,
    reserve: 1024 ** 4,
    identity: 'id-77',
  },
  ...{ mode: 'drain', running: 3, drives: 2, cartridges: ['T00001'], queue: 5 },
  steered: { by: 'bert', reason: evil, since, until: '2026-11-29T18:00:00Z' },
};
const scrub = {
  ...{ target: 'lts', promise: { days: 180, bytesPerDay: 1024 ** 4, hoursPerDay: 8 } },
  counted: {
    ...{ at: since, copies: 1234, bytes: 5 * 1024 ** 4, readBytes: 1, readCopies: 1, damaged: 2 },
    ...{ oldest: '2026-06-01T00:00:00Z', share: 0.94, coverage: 'so' },
  },
  forecast: { leastBytesPerDay: 2 * 1024 ** 4, keepsPromise: false },
  waits: { code: 'scrub.budget', text: evil },
};
const aside = {
  ...{ _id: 'aside-1', share: 'lts', archiveId, pid, jobId: 'job-1', reason: evil, reset: true, looks: 3 },
  ...{ state: 'kept', setAsideAt: since, dueAt: '2026-12-05T00:00:00Z' },
};
const area = {
  ...{ copies: 2, used: 1024 ** 3, reserved: 0, space: 2 * 1024 ** 3, nextEnd: '2026-11-30T00:00:00Z' },
  ...{ groups: [{ group: 'p1', copies: 2, bytes: 1024 ** 3 }], waiting: 3 },
  queue: [{ workOrderId: 'job-1/0/0', jobId: 'job-1', group: evil, bytes: 1024, since, lacks: 'quota' }],
};
const retrieved = {
  ...{ id: archiveId, archiveId, pid, state: 'present', bytes: 4096 },
  ...{ expiresAt: '2026-12-01T10:00:00Z', jobs: ['job-1', 'operations'] },
};

export const limits = {
  version: 7,
  configured: { global: 64, perGroup: 32, 'write:lts': 16, 'read:lts': 48 },
  override: { 'read:lts': { limit: 'read:lts', value: 24, by: 'bert', reason: evil, at: since } },
  used: { global: 51, targets: { 'read:lts': 24, 'write:lts': 3 }, groups: { p18539: 30, '': 1 } },
  planned: { 'lts-read': 112 },
  oldestPlanned: { 'lts-read': since },
  pauses: [
    { id: 'p-1', scope: 'target:lts', mode: 'drain', left: 3, by: 'bert', since, reason: evil },
    { id: 'job:job-1', scope: 'job:job-1', mode: 'pause', left: 0, by: 'olga', since, reason: 'too large' },
  ],
  closed: { vault: { reason: 'new tapes', opensAt: '2026-11-30T00:00:00Z' } },
};
const noLimits = {
  ...{ version: 1, configured: { global: 64 }, override: {}, used: { global: 0, targets: {}, groups: {} } },
  ...{ planned: {}, oldestPlanned: {}, pauses: [], closed: {} },
};

export const dataset = {
  ...{ pid, datasetName: `run 42 ${evil}`, ownerGroup: 'p1', size: 2048, packedSize: 4096 },
  ...{ numberOfFiles: 12, numberOfFilesArchived: 10, creationTime: since },
  datasetlifecycle: { archivable: false, retrievable: true, archiveStatusMessage: evil },
};
const job = {
  ...{ id: 'job-1', type: 'verify', statusCode: 'inProgress', statusMessage: evil, ownerUser: 'anna' },
  ...{ ownerGroup: 'p1', createdAt: since, updatedAt: since, datasets: { count: 1 } },
};

const from = (app: string, body: unknown, silent: readonly MissingApp[]) => ({
  ...{ answers: [{ app, body }], missing: silent, without: ['publisher'] },
});

/** @param silent apps that do not answer; what the others answer stays */
export function archiveAnswers(silent: readonly MissingApp[], isEmpty: boolean): Answers {
  const list = <Item>(...items: readonly Item[]): readonly Item[] => (isEmpty ? [] : items);
  const all = (body: unknown) => from('archiver-basel', body, silent);
  return {
    'operations/all/app': from('catalog-api', { app: 'catalog-api' }, []),
    'operations/all/shares': all(list(share, { ...share, name: 'vault', mode: 'run', running: 0 })),
    'operations/all/scrubbing': all(list(scrub)),
    'operations/all/copies': all({ items: list(copy, bad) }),
    'operations/all/retrievals': isEmpty ? { answers: [], missing: silent } : all(area),
    'operations/all/set-aside': all(list(aside)),
    'operations/all/workers': all({ items: list(worker) }),
    'operations/all/retrieved': all({ items: list(retrieved) }),
    'operations/job-assembler-psi/limits': isEmpty ? noLimits : limits,
    [`catalogue/datasets/${encodeURIComponent(pid)}`]: dataset,
    jobs: { items: list(job), partial: false },
    'catalogue/jobs/job-1/overview': {
      ...{ job, retries: [], unsent: [] },
      datasets: { items: [{ pid, state: 'held', claim: { exclusive: false, since } }] },
    },
  };
}
