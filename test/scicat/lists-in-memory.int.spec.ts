import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordIndex } from '../../apps/catalog-api/src/record-index/record-index.js';
import { rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
type Row = { _id: unknown; count: number };

const groups = ['group1', 'group2', 'group3', 'ingestor'];
const keywords = ['neutron', 'photon', 'muon'];
const locations = ['/SITE/A', '/SITE/B', '/SITE/C'];
const facets = ['type', 'creationLocation', 'ownerGroup', 'keywords', 'creationTime'];
const people: readonly AccountName[] = ['admin', 'user1', 'user2', 'ingestor', 'policyKeeper'];
const groupsOf: Readonly<Record<string, readonly string[]>> = {
  user1: ['group1'],
  user2: ['group2'],
  ingestor: ['ingestor'],
  policyKeeper: ['policykeeper'],
};
const one = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
const days = Array.from({ length: 10 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)));

/** Some that may be changed by everybody who writes here. */
function newDataset(): Fields {
  return rawDataset({
    ...{ ownerGroup: one(groups), accessGroups: [one(groups)], isPublished: Math.random() < 0.2 },
    ...{ keywords: [one(keywords), one(keywords)], creationLocation: one(locations) },
    creationTime: one(days).toISOString(),
  });
}

interface Filter {
  readonly fields: Fields;
  /** The same, asked of a stored dataset. */
  readonly holds: (dataset: Fields) => boolean;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** What the web frontend asks by, several at a time. */
function randomFilter(): Filter {
  const choices: readonly (() => Filter)[] = [
    () => ({ fields: {}, holds: () => true }),
    () => {
      const asked = [one(keywords), one(keywords)];
      return {
        fields: { keywords: asked },
        holds: (dataset) => listOf(dataset['keywords']).some((word) => asked.includes(String(word))),
      };
    },
    () => {
      const word = one([...keywords, 'nowhere']);
      return {
        fields: { text: word },
        holds: (dataset) => listOf(dataset['keywords']).includes(word),
      };
    },
    () => {
      const place = one(locations);
      return {
        fields: { creationLocation: [place] },
        holds: (dataset) => dataset['creationLocation'] === place,
      };
    },
    () => {
      const asked = [one(groups), one(groups)];
      return {
        fields: { ownerGroup: asked },
        holds: (dataset) => asked.includes(String(dataset['ownerGroup'])),
      };
    },
    () => {
      const [begin, end] = [one(days), one(days)];
      return {
        fields: { creationTime: { begin: begin.toISOString(), end: end.toISOString() } },
        holds: ({ creationTime }) => (creationTime as Date) >= begin && (creationTime as Date) <= end,
      };
    },
    () => ({
      fields: { mode: { 'datasetlifecycle.archivable': true, 'datasetlifecycle.retrievable': false } },
      holds: ({ datasetlifecycle }) =>
        (datasetlifecycle as Fields)['archivable'] === true &&
        (datasetlifecycle as Fields)['retrievable'] === false,
    }),
  ];
  const parts = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => one(choices)());
  const fields = Object.assign({}, ...parts.map((part) => part.fields)) as Fields;
  // Of two parts with one name the later counts.
  const counting = parts.filter(
    (part, place) =>
      !parts.slice(place + 1).some((other) => Object.keys(part.fields).some((name) => name in other.fields)),
  );
  return { fields, holds: (dataset) => counting.every((part) => part.holds(dataset)) };
}

/** Searches leave out what is only published. */
function maySearch(person: AccountName, { ownerGroup, accessGroups }: Fields): boolean {
  if (person === 'admin') return true;
  const own = groupsOf[person] ?? [];
  return (
    own.includes(String(ownerGroup)) || listOf(accessGroups).some((group) => own.includes(String(group)))
  );
}

function counted(values: readonly unknown[], descending: (one: never, other: never) => number): Row[] {
  const rows = new Map<string, Row>();
  for (const _id of values) {
    const key = JSON.stringify(_id);
    const row = rows.get(key) ?? { _id, count: 0 };
    row.count += 1;
    rows.set(key, row);
  }
  return [...rows.values()].sort((left, right) => descending(left._id as never, right._id as never));
}

function expectedFacets(datasets: readonly Fields[]): Fields {
  const byText = (left: string, right: string): number =>
    Buffer.compare(Buffer.from(right), Buffer.from(left));
  const byDay = (left: Fields, right: Fields): number =>
    Number(right['year']) - Number(left['year']) ||
    Number(right['month']) - Number(left['month']) ||
    Number(right['day']) - Number(left['day']);
  const of = (name: string): unknown[] => datasets.map((dataset) => dataset[name]);
  return {
    all: datasets.length === 0 ? [] : [{ totalSets: datasets.length }],
    type: counted(of('type'), byText),
    creationLocation: counted(of('creationLocation'), byText),
    ownerGroup: counted(of('ownerGroup'), byText),
    keywords: counted(of('keywords').flatMap(listOf), byText),
    creationTime: counted(
      of('creationTime').map((time) => {
        const date = time as Date;
        return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      }),
      byDay,
    ),
  };
}

/** Issue 25: a large catalogue is counted and listed from memory, and never otherwise than the database would. */
describe('Lists and facets of a catalogue in memory', () => {
  let app: ScicatApp;
  const pids: string[] = [];

  before(async () => {
    app = await ScicatApp.start({ RECORD_INDEX_FROM: '0' });
    for (let number = 0; number < 40; number += 1) await create();
    await app.get(RecordIndex).round();
    assert.notEqual(await app.get(RecordIndex).count('Dataset', {}), undefined);
  });
  after(() => app.stop());

  const create = async (): Promise<void> => {
    const made = await app.as('admin').post('/api/v3/datasets', newDataset());
    assert.equal(made.status, 201, made.text);
    pids.push(String(made.body['pid']));
  };
  const pathOf = (pid: string): string => `/api/v3/datasets/${encodeURIComponent(pid)}`;

  /** One write of one writer; what another removed meanwhile is not there any more. */
  async function write(): Promise<void> {
    const pid = one(pids);
    const admin = app.as('admin');
    await one<() => Promise<unknown>>([
      create,
      () => admin.patch(pathOf(pid), { keywords: [one(keywords)], creationLocation: one(locations) }),
      () => admin.patch(pathOf(pid), { ownerGroup: one(groups), isPublished: Math.random() < 0.5 }),
      () =>
        app
          .as('archiveManager')
          .patch(`${pathOf(pid)}/datasetlifecycle`, { archivable: Math.random() < 0.5 }),
      () =>
        admin.post(`${pathOf(pid)}/origdatablocks`, {
          size: 1,
          dataFileList: [{ path: 'a', size: 1, time: days[0] }],
        }),
      async () => {
        if (pids.length < 30) return;
        pids.splice(pids.indexOf(pid), 1);
        await app.as('archiveManager').delete(pathOf(pid));
      },
    ])();
  }

  async function check(person: AccountName, { fields, holds }: Filter): Promise<void> {
    const stored = (await app.collection('Dataset').find({}).toArray()) as unknown as Fields[];
    const mine = stored.filter((dataset) => maySearch(person, dataset) && holds(dataset));
    const said = `${person} ${JSON.stringify(fields)}`;
    const user = app.as(person);
    const found = await user.get<Fields[]>('/api/v3/datasets/fullfacet', { fields, facets });
    assert.deepEqual(found.body, [expectedFacets(mine)], said);
    const limits = { skip: 3, limit: 7, order: 'creationTime:desc' };
    const page = await user.get<Fields[]>('/api/v3/datasets/fullquery', { fields, limits });
    const sorted = mine
      .sort((left, right) => {
        const times = Number(right['creationTime']) - Number(left['creationTime']);
        return times === 0
          ? Buffer.compare(Buffer.from(String(right['_id'])), Buffer.from(String(left['_id'])))
          : times;
      })
      .slice(3, 10);
    assert.deepEqual(
      page.body.map(({ pid }) => pid),
      sorted.map(({ pid }) => pid),
      said,
    );
  }

  it('equal a count by hand, for 200 filters of five people between the writes of twenty writers', async () => {
    const other = app.get(RecordIndex);
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 20 }, write));
      for (let filter = 0; filter < 10; filter += 1) {
        const asked = randomFilter();
        await Promise.all(people.map((person) => check(person, asked)));
      }
    }
    assert.notEqual(await other.count('Dataset', { type: 'raw' }), undefined);
  });

  it('are whole at any moment while writers move datasets from group to group', async () => {
    const total = await app.collection('Dataset').countDocuments({});
    let isWriting = true;
    const writers = Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let turn = 0; turn < 6; turn += 1) {
          await app
            .as('admin')
            .patch(pathOf(one(pids)), { ownerGroup: one(groups), keywords: [one(keywords)] });
          await sleep(Math.random() * 20);
        }
      }),
    ).finally(() => (isWriting = false));
    let answers = 0;
    while (isWriting) {
      const { body } = await app
        .as('admin')
        .get<Fields[]>('/api/v3/datasets/fullfacet', { fields: {}, facets });
      const [answer] = body as [Record<string, { count: number; totalSets?: number }[]>];
      assert.equal(answer['all']?.[0]?.totalSets, total);
      for (const facet of ['type', 'ownerGroup', 'creationTime'])
        assert.equal(
          answer[facet]?.reduce((sum, { count }) => sum + count, 0),
          total,
          facet,
        );
      const list = await app.as('admin').get<Fields[]>('/api/v3/datasets', {
        filter: { where: { type: 'raw' }, limits: { limit: 500, order: 'createdAt:desc' } },
      });
      assert.equal(list.body.length, total);
      answers += 1;
    }
    await writers;
    assert.ok(answers > 0);
  });

  it('change the entity tag of a dataset with what belongs to it', async () => {
    const before = await app.as('admin').get(pathOf(pids[0]!));
    await app.as('admin').post(`${pathOf(pids[0]!)}/origdatablocks`, {
      ...{ size: 5, dataFileList: [{ path: 'tag', size: 5, time: days[0] }] },
    });
    const now = await app.as('admin').get(pathOf(pids[0]!));
    assert.notEqual(now.headers.get('etag'), before.headers.get('etag'));
  });

  it('are the same rows of jobs, page by page, also those of one moment and those without one', async () => {
    const at = (minute: number): object => ({ createdAt: new Date(Date.UTC(2024, 5, 1, 0, minute)) });
    const jobs = Array.from({ length: 40 }, (_, number) => {
      const _id = `job-${String((number * 7) % 40).padStart(2, '0')}`;
      const created = number % 10 === 9 ? {} : at(Math.floor(number / 4));
      const owner = { ownerUser: 'me', ownerGroup: number % 2 === 0 ? 'group1' : 'group2', accessGroups: [] };
      return {
        ...{ _id, id: _id, type: 'archive', statusCode: 'finishedSuccessful', ...owner, ...created },
        ...{ updatedAt: new Date(), catena: { outbox: { rows: [] }, workflow: 'archive', finished: true } },
      };
    });
    await app.collection('Job').insertMany(jobs);
    await app.get(RecordIndex).round();
    assert.equal((await app.get(RecordIndex).count('Job', {}))?.total, 40);
    const order = [...jobs].sort((left, right) => {
      const timeOf = (job: object): number => Number((job as { createdAt?: Date }).createdAt ?? -Infinity);
      const difference = timeOf(right) - timeOf(left);
      return difference > 0 || difference < 0 ? difference : left._id < right._id ? 1 : -1;
    });
    for (const [person, mine] of [
      ['admin', order],
      ['user1', order.filter(({ ownerGroup }) => ownerGroup === 'group1')],
    ] as const) {
      const seen: unknown[] = [];
      let after: string | undefined;
      do {
        const query: Record<string, string> = after === undefined ? {} : { after };
        const { body } = await app
          .as(person)
          .get<{ items: { id: string }[]; next?: string }>(
            `/api/v4/jobs/rows?limit=3&${new URLSearchParams(query).toString()}`,
          );
        seen.push(...body.items.map(({ id }) => id));
        after = body.next;
      } while (after !== undefined && seen.length < 100);
      assert.deepEqual(
        seen,
        mine.map(({ _id }) => _id),
      );
    }
  });
});
