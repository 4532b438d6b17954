import type { HttpCall } from './calls.js';

/** Job number `index` of `size`, one a minute until now; the newest thirty are unfinished. */
export function storedJob(
  index: number,
  size: number,
  now: number,
): { _id: string; [field: string]: unknown } {
  const id = `job-${String(index).padStart(8, '0')}`;
  const at = new Date(now - (size - index) * 60_000);
  const isOpen = index >= size - 30;
  const numbers = { bytesDone: 1e9, bytesTotal: 2e9, datasetsDone: 0, datasetsTotal: 3 };
  return {
    ...{ _id: id, id, type: index % 10 === 0 ? 'retrieve' : 'archive' },
    statusCode: isOpen ? 'inProgress' : index % 50 === 0 ? 'finishedUnsuccessful' : 'finishedSuccessful',
    ...{ statusMessage: `What became of job ${index}.`, contactEmail: 'ada@example.org' },
    ...{ ownerUser: `person${index % 500}`, ownerGroup: `group${index % 100}`, accessGroups: [] },
    ...{ isPublished: false, configVersion: 'v1', createdBy: 'ada', updatedBy: 'catena', __v: 0 },
    ...{ createdAt: at, updatedAt: at },
    jobParams: {
      datasetList: Array.from({ length: 3 }, (_, place) => ({
        pid: `20.500.12345/${(index * 3 + place) % 200_000}`,
        files: [],
      })),
    },
    jobResultObject: {},
    catenaWords: `archive job ${index} person${index % 500} ${index % 1000 === 0 ? 'wendelstein' : 'jungfrau'}`,
    catena: {
      ...{ outbox: { rows: [] }, workflow: 'archive', reported: 3, finished: !isOpen },
      ...(isOpen ? { unfinished: true } : {}),
      history: [{ at, by: 'catena', statusCode: 'inProgress', statusMessage: 'Working.' }],
      progress: { ...numbers, phase: 'packing', at },
    },
  };
}

const rows = (query: string): HttpCall => ({ method: 'GET', path: `/api/v4/jobs/rows?limit=50&${query}` });

/** What the filters of a page ask, as an administrator. */
export const jobQueries: readonly {
  readonly name: string;
  ask(index: number, size: number, now: number): HttpCall;
}[] = [
  { name: 'newest', ask: () => rows('') },
  { name: 'unfinished', ask: () => rows('unfinished=true') },
  { name: 'failed', ask: () => rows('status=finishedUnsuccessful') },
  { name: 'status of none', ask: () => rows('status=never') },
  { name: 'type', ask: () => rows('type=retrieve') },
  { name: 'group', ask: (index) => rows(`group=group${index % 100}`) },
  { name: 'user', ask: (index) => rows(`user=person${index % 500}`) },
  {
    name: 'group and failed',
    ask: (index) => rows(`group=group${(index % 2) * 50}&status=finishedUnsuccessful`),
  },
  { name: 'pid', ask: (index) => rows(`pid=20.500.12345%2F${(index * 7919) % 200_000}`) },
  { name: 'rare word', ask: () => rows('text=wendelstein') },
  { name: 'common word', ask: () => rows('text=jungfrau') },
  {
    name: 'a week long ago',
    ask: (index, size, now) => {
      const from = now - size * 60_000 + ((index * 7919) % Math.max(1, size - 11_000)) * 60_000;
      return rows(`from=${new Date(from).toISOString()}&to=${new Date(from + 7 * 86_400_000).toISOString()}`);
    },
  },
];
