import type { Fields } from './known-fields.js';

/** What the rows of running-shapes.ts, and of works, have: see there what each means. */
const fault: Fields = { 'code!': 'text', 'message!': 'text', at: 'text' };
const problems: readonly [Fields] = [{ 'field!': 'text', 'reason!': 'text' }];

export const orderFields: Fields = {
  ...{ 'id!': 'text', jobId: 'text', group: 'text', pid: 'text', 'kind!': 'text', 'state!': 'text' },
  ...{ targets: 'texts', readAt: 'text', waitCode: 'text', worker: 'text', fault },
  ...{ createdAt: 'text', releasedAt: 'text', endedAt: 'text', share: 'number', bytes: 'number' },
};

export const workFields: Fields = {
  ...{ 'id!': 'text', jobId: 'text', 'kind!': 'text', pid: 'text', 'state!': 'text', standing: 'text' },
  ...{ attempts: 'number', dueAt: 'text', worker: 'text', phase: 'text', waitCode: 'text', fault },
  ...{ bytesDone: 'number', bytesTotal: 'number', rate: 'number', targets: 'texts', cartridge: 'text' },
  ...{ acceptedAt: 'text', startedAt: 'text', endedAt: 'text' },
};

export const workerFields: Fields = {
  ...{ 'instance!': 'text', host: 'text', version: 'text', slots: 'number', works: 'number' },
  ...{ targets: 'texts', alive: 'flag', seenAt: 'text', startedAt: 'text', mode: 'text' },
  steered: { 'by!': 'text', 'reason!': 'text', 'since!': 'text', until: 'text' },
};

export const queueFields: Fields = {
  ...{ 'name!': 'text', 'purpose!': 'text', messages: 'number', consumers: 'number' },
};

export const openFields: Fields = {
  ...{ 'type!': 'text', consumer: 'text', 'state!': 'text', 'count!': 'number', 'oldest!': 'text' },
};

export const publicationFields: Fields = {
  ...{ 'doi!': 'text', step: 'text', version: 'number', reported: 'number', wanted: 'text', stale: 'flag' },
  ...{ revision: 'number', attributesDigest: 'text', publishedAt: 'text', dueAt: 'text', attempts: 'number' },
  ...{ unsent: 'number', lastFault: fault, blocked: { ...fault, problems } },
  withdrawal: { 'at!': 'text', 'reason!': 'text', replacedBy: 'text' },
  registry: { state: 'text', attributesDigest: 'text', url: 'text', checkedAt: 'text', uncertain: 'flag' },
  pushed: { 'revision!': 'number', at: 'text', lost: 'flag' },
};

export const recallFields: Fields = {
  ...{ 'id!': 'text', 'doi!': 'text', 'state!': 'text', asked: 'flag', confirmed: 'flag', mailed: 'flag' },
  ...{ jobId: 'text', dueAt: 'text', attempts: 'number', message: 'text' },
  ...{ requestedAt: 'text', finishedAt: 'text' },
};

export const publicSideFields: Fields = {
  ...{ version: 'text', started: 'text', now: 'text', database: 'text' },
  ...{ downloads: 'number', recallsWaiting: 'number' },
};

export const catalogueStatusFields: Fields = {
  ...{ doi: 'text', status: 'text', version: 'number', doiState: 'text', landingPage: 'text' },
  embargoUntil: 'text',
  registration: { state: 'text', step: 'text', message: 'text', at: 'text', problems },
  withdrawal: { at: 'text', reason: 'text' },
};

export const catalogueRecordFields: Fields = { title: 'text', datasetPids: 'texts' };
