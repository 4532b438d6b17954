import type { ConsoleSession, ConsoleSettings, MissingApp } from '#console-api';
import { evil, session, since, type Answers } from './rendered.js';

export const jobId = '0b7e2c6e-6a7f-4d55-9a3e-0c8f7c1f2a11';
const due = '2026-11-29T12:05:00Z';
const old = '2026-11-29T11:30:00Z';
/** What DOIs may hold: they are one part of an address whatever it is. */
export const doi = '10.5072/a/B%2Fc(1)<x>;y?z#[é]&k=v+w';

export const here: Partial<ConsoleSettings> = {
  apps: ['catalog-api', 'job-assembler-psi', 'archiver', 'publisher'],
  links: { broker: 'https://broker.example/' },
};
export const operator: ConsoleSession = {
  ...session,
  permissions: [
    ...session.permissions,
    ...(['part.try-now', 'pause.set', 'publication.retry', 'publication.compare'] as const).map((action) => ({
      ...{ action, rule: 'operator', reach: 'all' as const },
    })),
  ],
};
const fault = { code: 'x.y', message: evil, at: since };
const orders = [
  {
    id: `${jobId}/0/0`,
    jobId,
    kind: 'archive',
    pid: '20.500/1',
    group: 'p1',
    state: 'released',
    targets: ['lts'],
  },
  { id: `${jobId}/0/1`, jobId, kind: 'archive', pid: '20.500/2', group: 'p1', state: 'released', fault },
];
export const works = [
  {
    ...{ id: `${jobId}/0/0`, jobId, kind: 'archive', state: 'open', standing: 'runs', attempts: 2 },
    ...{
      worker: 'host:1',
      phase: 'packing',
      bytesDone: 1024,
      bytesTotal: 4096,
      rate: 2048,
      startedAt: since,
    },
  },
  {
    ...{
      id: `${jobId}/0/1`,
      jobId,
      kind: 'archive',
      state: 'open',
      standing: 'waits',
      attempts: 3,
      dueAt: due,
    },
    ...{ waitCode: 'work.tape', targets: [evil], cartridge: evil, fault },
  },
  { id: 'repair/7', jobId: 'repair/7', kind: 'repair', state: 'open', standing: 'due', attempts: 0 },
];
const workers = [
  {
    instance: 'host:1',
    host: 'host',
    version: '0.9.0',
    slots: 4,
    works: 1,
    alive: true,
    mode: 'run',
    seenAt: since,
  },
  {
    ...{ instance: 'host:2', host: evil, slots: 4, works: 2, alive: true, mode: 'drain', seenAt: since },
    steered: { by: 'bert', reason: evil, since, until: due },
  },
  { instance: 'host:3', slots: 4, works: 0, alive: false, mode: 'run', seenAt: since },
];
const queues = [
  { name: 'catena.a.inbox', purpose: 'inbox', messages: 340, consumers: 0 },
  { name: 'catena.a.retry.10s', purpose: 'retry', messages: 12, consumers: 0 },
  { name: 'catena.a.dead', purpose: 'dead', messages: 0, consumers: 1 },
  { name: 'catena.a.receipts', purpose: 'receipts' },
];
export const open = [
  { type: 'assembly.archive.v1', consumer: 'archiver', state: 'unaccepted', count: 7, oldest: old },
  { type: evil, state: 'unpublished', count: 3, oldest: old },
];
export const blocked = {
  ...{
    doi,
    step: 'none',
    wanted: 'published',
    version: 3,
    reported: 2,
    revision: 2,
    stale: false,
    unsent: 2,
  },
  ...{ attributesDigest: 'a', registry: { state: 'draft', attributesDigest: 'b', checkedAt: since } },
  ...{
    pushed: { revision: 1, at: since },
    blocked: { ...fault, problems: [{ field: 'title', reason: evil }] },
  },
};
const moving = {
  ...{ doi: '10.5072/moving', step: 'push', wanted: 'published', version: 1, revision: 1, stale: false },
  ...{ registry: { state: 'registered' }, lastFault: fault, dueAt: due, attempts: 4 },
};
const recall = {
  ...{ id: 'r1', doi, state: 'recalling', asked: true, mailed: true, confirmed: false, jobId, attempts: 1 },
  ...{ requestedAt: since, dueAt: due, message: evil },
};
const status = {
  ...{ doi, status: 'registered', version: 3, doiState: 'draft', landingPage: 'https://public.example/doi' },
  registration: { state: 'refused', message: evil, at: since, problems: [{ field: 'title', reason: evil }] },
};
const record = { title: evil, datasetPids: ['20.500/1', evil] };

export function answers(silent: readonly MissingApp[] = [], isEmpty = false): Answers {
  const from = (app: string, ...items: readonly object[]) => ({
    ...{ answers: [{ app, body: { items: isEmpty ? [] : items } }], missing: silent, without: [] },
  });
  const known: Answers = {
    codes: { 'x.y': { meaning: 'It means this.', remedy: 'Do that.' } },
    'operations/all/work-orders': from('job-assembler-psi', ...orders),
    'operations/all/works': from('archiver', ...works),
    'operations/all/workers': from('archiver', ...workers),
    'operations/all/queues': isEmpty ? from('a') : from('catalog-api', ...queues),
    'operations/all/outbox': isEmpty ? from('a') : from('catalog-api', ...open),
    'operations/all/app': {
      answers: isEmpty
        ? [{ app: 'a', body: { app: 'a', dependencies: { broker: 'up' } } }]
        : [{ app: 'catalog-api', body: { app: 'catalog-api', dependencies: { database: 'down' } } }],
      ...{ missing: silent, without: [] },
    },
    'operations/all/publications': from('publisher', moving, blocked),
    'operations/all/recalls': from('publisher', recall),
    'operations/all/public-side': {
      answers: isEmpty
        ? []
        : [{ app: 'publisher', body: { version: '0.9.0', database: 'up', downloads: 5, recallsWaiting: 6 } }],
      ...{ missing: silent, without: [] },
    },
  };
  if (isEmpty) return known;
  const path = encodeURIComponent(doi);
  return {
    ...known,
    [`operations/publisher/publications/${path}`]: blocked,
    [`catalogue/publisheddata/${path}/publication`]: status,
    [`catalogue/publisheddata/${path}`]: record,
  };
}
