import { operationsCallsIn, type CallNote, type OperationsCall } from './operations-calls.js';

/** Of calls whose sources do not say it: what they are for, and the fields of bodies that are read by hand. */
export const callNotes: Readonly<Record<string, CallNote>> = {
  'GET audit': { summary: 'Who did what to which, why, and what came of it; newest first.' },
  'GET bulk-runs': { summary: 'Bulk runs, newest first.' },
  'POST bulk-runs/{id}/stop': { summary: 'Ends a bulk run at once: what was done stays done.' },
  'GET parking-lot': {
    summary:
      'Messages that could not be handled, newest first, without bodies; parked ones unless another `state` is asked for.',
  },
  'GET parking-lot/groups': {
    summary:
      'How many messages could not be handled, by code, type or day; from when to when, and one to look at.',
  },
  'GET parking-lot/{id}': { summary: 'One message that could not be handled, with its body.' },
  'POST parking-lot/{id}/notes': { summary: 'Leaves a note at a parked message, for the others.' },
  'POST parking-lot/{id}/edit': {
    summary:
      'Sends other data in place of a parked message, where PARKING_LOT_EDITING allows it, by an editor.',
  },
  'GET set-aside': { summary: 'Files that were taken out of the way: the oldest thousand.' },
  'DELETE set-aside/{id}': {
    summary: 'Removes a file that was set aside now; never what the catalogue lists.',
  },
  'GET copies': {
    summary: 'Copies of datablocks, by shares: which are verified, damaged, missing or being repaired.',
  },
  'GET retrieved': { summary: 'Copies in the retrieval bucket, until when, and which jobs keep them.' },
  'GET workers': { summary: 'Which archivers there are, what they have, and which give signs of life.' },
  'POST workers/{instance}/mode': {
    summary: 'Has a worker take nothing new (`pause`, `drain`), or go on (`run`); what it has begun ends.',
  },
  'GET work-orders': { summary: 'Work orders of all jobs, newest first, without drafts.' },
  'GET works': { summary: 'Work that is open, or ended as `state` says, of a job or at a share.' },
  'GET works/{id}': { summary: 'One piece of work: how far it is, and why it waits.' },
  'GET adoptions': { summary: 'Runs of adoption, newest first, without their problems.' },
  'GET retrievals': {
    summary: 'Room in the retrieval area, what takes it, for which groups, and who waits.',
  },
  'GET scrubbing': { summary: 'How much of old copies was read again, for each target of this archiver.' },
  'GET publications': {
    summary: 'Publications that are not at rest: blocked first, then what waits longest.',
  },
  'POST publications/{doi}/retry': { summary: 'Reads a record anew and goes on, whatever stood in the way.' },
  'POST shares/{name}/adopt': {
    summary: 'Takes what lies under this name for the right share, though it has another identity, or none.',
    body: ['by', 'reason', 'identity'],
  },
  'POST shares/{name}/mode': {
    summary: 'Closes a share for writing (`drain`) or for everything (`pause`), or has it `run` again.',
    body: ['by', 'reason', 'mode', 'until', 'seen'],
  },
  'GET outbox': { summary: 'Messages that were not sent, or not accepted, by type and consumer.' },
  'POST parking-lot/{id}/restore': { summary: 'Parks again what was discarded.' },
  'GET app': { summary: 'What runs here: version, build, dependencies and settings, without secrets.' },
  'GET queues': { summary: "The app's own queues at the broker: messages and consumers." },
  'GET why': { summary: 'What the app knows of why jobs wait: facts, no texts; up to 200 jobs at once.' },
  'GET bulk-runs/{id}': { summary: 'How far a bulk run is, and what failed.' },
  'POST parking-lot/{id}/replay': { summary: 'Hands a parked message to the app again.' },
  'POST parking-lot/{id}/discard': { summary: 'Counts a parked message as handled; it stays listed.' },
  'POST parking-lot/bulk': {
    summary: 'Does one thing to all parked messages that the filter finds, in the background.',
    body: ['action', 'filter', 'expected', 'batch', 'perMinute', 'most', 'reason'],
  },
  'GET reconciliations': { summary: 'The last fifty runs.' },
  'POST reconciliations': {
    summary: 'Begins a run in the background. With `apply` it repairs what it can prove.',
    body: ['apply', 'by', 'reason'],
  },
  'GET reconciliations/{id}': { summary: 'How far a run is, and what it found.' },
  'POST adoptions': {
    summary:
      'Begins a run over what the catalogue lists; without `apply` it only looks whether the files are there.',
    body: ['target', 'apply', 'by', 'reason', 'pid', 'createdBefore', 'withoutChecksums'],
  },
  'GET adoptions/{id}': { summary: 'How far a run is, what it waits for and what was refused.' },
  'POST adoptions/{id}/stop': { summary: 'Ends a run; what is recorded stays recorded.', body: ['by'] },
  'GET shares': {
    summary: 'The storages of the archiver: whether each is there and is itself, room, and modes.',
  },
  'POST certificate-keys/{kid}/revoke': {
    summary: 'Revokes a key of certificates, for ever: nothing that it has signed is valid any more.',
    body: ['by', 'reason'],
  },
  'POST set-aside/{id}/bring-back': { summary: 'Gives a file that was set aside its name again.' },
  'GET jobs/{id}': { summary: 'How far a job is, why it waits, and when it may end; with an ETag.' },
  'PUT jobs/{id}/priority': { summary: 'Sets what of a job comes before others.' },
  'PUT jobs/{id}/defer': { summary: 'Nothing more of a job begins before a time; null: at once.' },
  'GET limits': { summary: 'Limits, who has the slots, what waits, pauses; with an ETag.' },
  'PUT limits': { summary: 'Other limits for a while; needs If-Match.' },
  'POST pauses': { summary: 'Nothing new begins in a scope.' },
  'DELETE pauses/{id}': { summary: 'Ends a pause.' },
  'POST publications/compare': { summary: 'Compares all four places now and mends what differs.' },
  'GET publications/{doi}': {
    summary: 'One publication, with what DataCite and the public store confirmed.',
  },
};

const queryNotes: Readonly<Record<string, string>> = {
  after: 'The `next` of the page before.',
  limit: 'How many at most: 1 to 200.',
  from: 'From this time on.',
  to: 'Up to this time.',
};

const errors = {
  400: 'The request cannot be done; the message says what was expected (`operations.not-possible`, `operations.reason-missing`).',
  401: 'The token is missing, or is not that of the app.',
  403: 'The one who acts may not do this.',
  404: 'There is no such thing.',
  503: 'Something that the app needs is out of reach; Retry-After says when to come again.',
};
const errorsOfActions = {
  409: 'Another operator was faster, or its state does not allow it: the message says who, when and what.',
  422: 'The Idempotency-Key was used for another wish.',
};

const actingHeaders = [
  [
    'Catena-Acting-For',
    'Who acts, percent-encoded; believed as the token stands beside it. Absent: `operations`.',
  ],
  ['Catena-Acting-Groups', 'The groups of who acts, percent-encoded, with commas between them.'],
  ['Catena-Acting-Via', '`console`, `cli` or `token`.'],
  ['Catena-Acting-From', 'The network address of who acts. Default: that of the caller.'],
] as const;

/** OpenAPI 3.0: the calls of operators of all apps, and which app has each. */
export function operationsOpenApi(root: string, version: string): object {
  const { calls, schemas } = operationsCallsIn(root, callNotes);
  const paths: Record<string, Record<string, object>> = {};
  for (const call of calls) (paths[call.path] ??= {})[call.method.toLowerCase()] = operationOf(call);
  return {
    openapi: '3.0.3',
    info: {
      title: 'Catena, calls of operators',
      version,
      description:
        'What operators ask of each app and have it do, with its operations token (OPERATIONS_TOKEN). `x-apps` says which apps have a call. Made by `npm run catalogue`; for people there is `catena ops`.',
      license: { name: 'Apache-2.0' },
    },
    tags: [...new Set(calls.flatMap(({ apps }) => apps))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { operations: { type: 'http', scheme: 'bearer' } },
      schemas,
    },
  };
}

function operationOf({
  method,
  path,
  apps,
  status,
  summary,
  query,
  headers,
  body,
  answer,
}: OperationsCall): object {
  const isAction = method !== 'GET';
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name, 'path'));
  return {
    summary,
    tags: apps,
    'x-apps': apps,
    parameters: [
      ...inPath,
      ...query.map((name) => parameter(name, 'query', queryNotes[name])),
      ...headers.map((name) => parameter(name, 'header', headerNotes[name])),
      ...actingHeaders.map(([name, description]) => parameter(name, 'header', description)),
      ...(isAction
        ? [parameter('Idempotency-Key', 'header', 'A call that is sent again under one key is done once.')]
        : []),
    ],
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      [status]: { description: 'Done.', content: { 'application/json': { schema: answer } } },
      ...Object.fromEntries(
        Object.entries({ ...errors, ...(isAction ? errorsOfActions : {}) }).map(([code, description]) => [
          code,
          { description },
        ]),
      ),
    },
    security: [{ operations: [] }],
  };
}

const headerNotes: Readonly<Record<string, string>> = {
  'if-match': 'The ETag of what was read: refused with 409 when it has changed.',
};

function parameter(name: string, place: 'path' | 'query' | 'header', description?: string): object {
  return {
    ...{ name, in: place, required: place === 'path' },
    ...(description === undefined ? {} : { description }),
    schema: { type: 'string' },
  };
}
