import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { NewDatablock, NewScicatJob, Scicat } from '../scicat.js';
import type { ScicatRecords } from './memory-scicat.js';

/** What the suite needs of a SciCat. */
export interface ScicatSubject {
  /** Its largest body has 10 000 bytes. */
  readonly scicat: Scicat;
  readonly records: ScicatRecords;
  close?(): void;
}

/** Names that are texts, whatever they look like. */
const oddNames = [
  '123',
  '1e3',
  'true',
  '2020',
  '2020-01-01',
  'PSI-1',
  'Run 7',
  '20.500/ä b',
  '100%/x?y#z&a+b',
  '"q"',
  '$x',
];

/**
 * What every SciCat of the bridge must do.
 *
 * @param name of the adapter, for the report
 * @param make called for each test
 */
export function scicatConformance(name: string, make: () => Promise<ScicatSubject>): void {
  describe(`${name} as SciCat`, () => {
    let subject: ScicatSubject;
    let scicat: Scicat;
    let records: ScicatRecords;
    beforeEach(async () => {
      subject = await make();
      ({ scicat, records } = subject);
    });
    afterEach(() => subject.close?.());

    it('answers', async () => {
      assert.equal(await scicat.answers(), undefined);
    });

    it('shows a job with its datasets and their files, and says when there is none', async () => {
      const datasetList = [
        { pid: 'p/1', files: ['a', 'b'] },
        { pid: 'p/2', files: [] },
      ];
      records.addJob('1', [], { type: 'retrieve', datasetList, jobParams: { to: 'there' } });
      const job = await scicat.job('1');
      assert.equal(job?.id, '1');
      assert.equal(job.type, 'retrieve');
      assert.equal(job.statusCode, 'jobSubmitted');
      assert.equal(job.ownerUser, 'ada');
      assert.deepEqual([job.ownerGroup, job.createdBy], ['group', 'ada']);
      assert.deepEqual(job.createdAt, new Date('2026-01-01T00:00:00Z'));
      assert.deepEqual(job.datasetList, datasetList);
      assert.equal(job.jobParams['to'], 'there');
      assert.equal('datasetList' in job.jobParams, false);
      assert.equal(await scicat.job('2'), undefined);
    });

    it('names jobs by status and type, each once and in order, however many', async () => {
      const wanted: string[] = [];
      for (let number = 0; number < 250; number += 1) {
        // Not in the order in which they are stored.
        const id = `job-${1000 + ((number * 97) % 250)}`;
        const type = ['archive', 'retrieve', 'public'][number % 3] ?? '';
        const statusCode = ['jobSubmitted', 'inProgress', 'finishedSuccessful'][number % 5] ?? 'jobSubmitted';
        records.addJob(id, [], { type, statusCode });
        if (type !== 'public' && statusCode !== 'finishedSuccessful') wanted.push(`${id} ${type}`);
      }
      const found: string[] = [];
      for await (const page of scicat.jobsWith(['jobSubmitted', 'inProgress'], ['archive', 'retrieve'])) {
        found.push(...page.map(({ id, type }) => `${id} ${type}`));
      }
      assert.deepEqual(found, wanted.sort());
      assert.ok(found.length > 100);
      for (const [statuses, types] of [
        [[], ['archive']],
        [['jobSubmitted'], []],
        [['1'], ['archive']],
      ] as const)
        assert.deepEqual(await all(scicat.jobsWith(statuses, types)), []);
    });

    it('names jobs once whose neighbours go and come while they are read', async () => {
      for (let number = 0; number < 250; number += 1) records.addJob(`job-${1000 + number}`, []);
      const found: string[] = [];
      for await (const page of scicat.jobsWith(['jobSubmitted'], ['archive'])) {
        found.push(...page.map(({ id }) => id));
        for (const { id } of page) if (id !== 'job-1000') await scicat.writeJob(id, words('inProgress'));
        records.addJob(`job-0${found.length}`, []);
      }
      const stayed = found.filter((id) => id >= 'job-1');
      assert.equal(stayed.length, 250);
      assert.equal(new Set(stayed).size, 250);
    });

    it('writes to a job what there is to say, and says when the job is gone', async () => {
      records.addJob('1', []);
      const jobResultObject = { result: [{ url: 'https://there' }] };
      assert.equal(await scicat.writeJob('1', { ...words('finishedSuccessful'), jobResultObject }), true);
      assert.equal((await scicat.job('1'))?.statusCode, 'finishedSuccessful');
      assert.deepEqual(records.jobs.get('1')?.jobResultObject, jobResultObject);
      assert.equal(await scicat.writeJob('1', words('inProgress')), true);
      assert.deepEqual(records.jobs.get('1')?.jobResultObject, jobResultObject);
      assert.equal(await scicat.writeJob('2', words('inProgress')), false);
    });

    it('posts a job for the person who owns it, and finds it by its mark', async () => {
      records.addPerson('t', { username: 'ldap.ada', profileName: 'ada' });
      records.addDataset('p/1');
      assert.equal(await scicat.jobMarked('m-1'), undefined);
      const id = await scicat.postJob(newJob('m-1'));
      assert.equal(await scicat.jobMarked('m-1'), id);
      const job = (await scicat.job(id)) ?? assert.fail('no job');
      assert.deepEqual([job.statusCode, job.type, job.createdBy], ['jobSubmitted', 'archive', 'bridge']);
      assert.deepEqual(job.datasetList, [{ pid: 'p/1', files: [] }]);
      assert.deepEqual([job.jobParams['catenaUpload'], job.ownerGroup], ['m-1', 'group']);
      assert.equal(records.jobs.get(id)?.ownerUser, 'ldap.ada');
      assert.equal(records.jobs.get(id)?.contactEmail, 'to@example.org');
      const pages: string[] = [];
      for await (const page of scicat.jobsWith(['jobSubmitted'], ['archive']))
        pages.push(...page.map((one) => one.id));
      assert.deepEqual(pages, [id]);
    });

    it('knows no repetition of a job that is posted, and names one of them', async () => {
      records.addDataset('p/1');
      for (const contactEmail of ['', 'to@example.org'])
        await scicat.postJob({ ...newJob('m'), contactEmail });
      assert.equal(records.jobs.size, 2);
      const ids = [...records.jobs.keys()].sort();
      assert.equal(await scicat.jobMarked('m'), ids[0]);
    });

    it('takes marks for texts, whatever they look like', async () => {
      records.addDataset('p/1');
      for (const odd of oddNames) await scicat.postJob(newJob(odd));
      for (const odd of oddNames) {
        const id = (await scicat.jobMarked(odd)) ?? assert.fail(odd);
        assert.equal(records.jobs.get(id)?.jobParams['catenaUpload'], odd);
      }
      assert.equal(await scicat.jobMarked('another'), undefined);
    });

    it("says in SciCat's words why a job is refused", async () => {
      const refused = { code: 'scicat.refused', retriable: false };
      await assert.rejects(scicat.postJob(newJob('m')), {
        ...refused,
        message: /Datasets with pid p\/1 do not/,
      });
      records.addDataset('p/1');
      await assert.rejects(scicat.postJob({ ...newJob('m'), type: 'print' }), {
        ...{ ...refused, message: /Invalid job type: print/ },
      });
      await assert.rejects(scicat.postJob({ ...newJob('m'), pids: [] }), refused);
      assert.equal(records.jobs.size, 0);
    });

    it('says whose a token is, and what there is now of an account; nothing of what is nobody', async () => {
      const ada = records.addPerson('t-1', { username: 'ldap.ada', profileName: 'ada', groups: ['g', 'h'] });
      const bob = records.addPerson('t-2', { username: 'bob', groups: [], email: '' });
      assert.deepEqual(await scicat.identityOf('t-1'), ada);
      assert.deepEqual(await scicat.identityOf('t-2'), bob);
      for (const none of ['t-3', '', 'no token', 'ä', 'a\nb', 'x'.repeat(20_000)])
        assert.equal(await scicat.identityOf(none), undefined, none.slice(0, 20));
      assert.deepEqual(await scicat.person(ada.id), ada);
      records.addPerson('t-1', { ...ada, groups: ['h'] });
      assert.deepEqual((await scicat.person(ada.id))?.groups, ['h']);
      records.people.clear();
      assert.equal(await scicat.person(ada.id), undefined);
      assert.equal(await scicat.identityOf('t-1'), undefined);
    });

    it('shows a dataset, and says when there is none', async () => {
      records.addDataset('p/1', [], {
        ...{ ownerGroup: 'g', accessGroups: ['h'], isPublished: true, sourceFolder: '/data/x' },
        datasetlifecycle: { archivable: false, retrievable: true, retrieveStatusMessage: '' },
      });
      const { datasetlifecycle, ...dataset } = (await scicat.dataset('p/1')) ?? {};
      assert.deepEqual(dataset, {
        ...{ pid: 'p/1', ownerGroup: 'g', accessGroups: ['h'], isPublished: true, sourceFolder: '/data/x' },
      });
      assert.deepEqual(defined(datasetlifecycle), {
        ...{ archivable: false, retrievable: true, retrieveStatusMessage: '' },
      });
      assert.equal(await scicat.dataset('p/2'), undefined);
    });

    it('shows many datasets at once, without those that there are not', async () => {
      const pids = Array.from({ length: 250 }, (_, number) => `20.500.12345/a-pid-of-some-length-${number}`);
      for (const pid of pids) records.addDataset(pid);
      const found = await scicat.datasets([...pids, ...pids, 'p/none']);
      assert.deepEqual([...found.keys()].sort(), [...pids].sort());
      assert.equal((await scicat.datasets([])).size, 0);
    });

    it('takes pids, job ids and archive ids for texts, whatever they look like', async () => {
      for (const odd of oddNames) {
        records.addDataset(odd, [{ path: 'f', size: 1 }]);
        records.addJob(odd, [odd]);
        assert.equal(await scicat.createDatablock(odd, datablock(odd)), 'created');
      }
      assert.deepEqual([...(await scicat.datasets(oddNames)).keys()].sort(), [...oddNames].sort());
      for (const odd of oddNames) {
        assert.equal((await scicat.dataset(odd))?.pid, odd);
        assert.equal((await scicat.job(odd))?.datasetList[0]?.pid, odd);
        assert.equal((await scicat.datablock(odd))?.archiveId, odd);
        assert.deepEqual(await all(scicat.originals(odd, '/data')), [[{ path: 'f', size: 1 }]]);
        assert.deepEqual((await all(scicat.datablocksOf(odd))).length, 1);
        assert.equal(await scicat.writeLifecycle(odd, { archivable: false }), true);
      }
    });

    it('changes of a life cycle what it is told, and nothing else', async () => {
      records.addDataset('p/1', [], {
        ownerGroup: 'g',
        datasetlifecycle: { archivable: false, retrievable: true, archiveStatusMessage: 'x' },
      });
      assert.equal(
        await scicat.writeLifecycle('p/1', { archiveStatusMessage: 'datasetOnArchiveDisk' }),
        true,
      );
      assert.equal(await scicat.writeLifecycle('p/1', {}), true);
      assert.deepEqual(defined(records.datasets.get('p/1')?.datasetlifecycle), {
        ...{ archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' },
      });
      assert.equal(records.datasets.get('p/1')?.ownerGroup, 'g');
      assert.equal(await scicat.writeLifecycle('p/2', { archivable: false }), false);
      assert.equal(await scicat.writeLifecycle('p/2', {}), false);
    });

    it('lists the files of all original datablocks by their paths inside the dataset', async () => {
      records.addDataset('p/1');
      records.originals.set(
        'p/1',
        Array.from({ length: 130 }, (_, number) => [
          { path: `/data/x/f-${number}`, size: number },
          { path: `./g-${number}`, size: 0 },
        ]),
      );
      records.addDataset('p/2', [{ path: 'other', size: 1 }]);
      const found = await all(scicat.originals('p/1', '/data/x'));
      assert.equal(found.length, 130);
      assert.equal(new Set(found.map(([file]) => file?.path)).size, 130);
      assert.deepEqual(
        found.find(([file]) => file?.size === 7),
        [
          { path: 'f-7', size: 7 },
          { path: 'g-7', size: 0 },
        ],
      );
      assert.deepEqual(await all(scicat.originals('p/3', '/data')), []);
      records.originals.set('p/2', [[{ path: '/elsewhere/f', size: 1 }]]);
      await assert.rejects(all(scicat.originals('p/2', '/data')), { code: 'kernel.unsafe-path' });
    });

    it('lists no directories among the files of original datablocks', async () => {
      records.addDataset('p/1', [
        { path: 'run', size: 4096, perm: 'drwxr-xr-x' },
        { path: 'run/1', size: 1, perm: '-rw-r--r--' },
        { path: './', size: 4096, perm: 'drwxr-xr-x' },
        { path: 'run/2', size: 2 },
      ]);
      const files = ['run/1', 'run/2'].map((path, index) => ({ path, size: index + 1 }));
      assert.deepEqual(await all(scicat.originals('p/1', '/data')), [files]);
    });

    it('says when original datablocks came or went while they were read', async () => {
      for (const change of [1, -1]) {
        records.addDataset('p/1');
        const blocks = Array.from({ length: 50 }, (_, number) => [{ path: `f-${number}`, size: 1 }]);
        records.originals.set('p/1', blocks);
        const reading = async (): Promise<void> => {
          for await (const _ of scicat.originals('p/1', '/data'))
            records.originals.set(
              'p/1',
              change > 0 ? [[{ path: 'new', size: 1 }], ...blocks] : blocks.slice(1, -1),
            );
        };
        await assert.rejects(reading(), { code: 'scicat.list-moving', retriable: true });
      }
    });

    it('lists a datablock once, finds it by its archive id, and removes it', async () => {
      records.addDataset('p/1');
      assert.equal(await scicat.datablock('a-1'), undefined);
      assert.equal(await scicat.createDatablock('p/1', datablock('a-1')), 'created');
      const found = await scicat.datablock('a-1');
      assert.ok(found);
      const { id, ...listed } = found;
      assert.deepEqual(listed, {
        ...{ archiveId: 'a-1', datasetId: 'p/1', size: 3, packedSize: 1024, createdBy: 'bridge' },
      });
      assert.deepEqual(records.datablocks.get(id)?.dataFileList, datablock('a-1').dataFileList);
      assert.equal(await scicat.createDatablock('p/1', datablock('a-1')), 'taken');
      assert.equal(await scicat.createDatablock('p/none', datablock('a-2')), 'missing');
      records.addDataset('p/2');
      assert.equal(await scicat.deleteDatablock('p/2', id), false);
      assert.equal(await scicat.deleteDatablock('p/1', id), true);
      assert.equal(await scicat.deleteDatablock('p/1', id), false);
      assert.equal(await scicat.deleteDatablock('p/none', id), false);
      assert.equal(records.datablocks.size, 0);
    });

    it('refuses an entry of more bytes than SciCat takes before it is sent', async () => {
      records.addDataset('p/1');
      const [file] = datablock('a').dataFileList;
      assert.ok(file);
      const large = { ...datablock('a-1'), dataFileList: Array.from({ length: 1000 }, () => file) };
      await assert.rejects(scicat.createDatablock('p/1', large), {
        code: 'scicat.too-large',
        retriable: false,
      });
      assert.equal(records.datablocks.size, 0);
    });

    it('lists all datablocks of a dataset in the order of their ids, to a reader that removes them', async () => {
      for (const pid of ['p/1', 'p/2']) records.addDataset(pid);
      for (let number = 0; number < 130; number += 1)
        await scicat.createDatablock('p/1', datablock(`a-${number}`));
      await scicat.createDatablock('p/2', datablock('other'));
      const ids: string[] = [];
      for await (const { id, datasetId } of scicat.datablocksOf('p/1')) {
        assert.equal(datasetId, 'p/1');
        ids.push(id);
        assert.equal(await scicat.deleteDatablock('p/1', id), true);
      }
      assert.equal(ids.length, 130);
      assert.deepEqual(ids, [...ids].sort());
      assert.deepEqual(await all(scicat.datablocksOf('p/1')), []);
      assert.equal((await all(scicat.datablocksOf('p/2'))).length, 1);
    });
  });
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of list) found.push(entry);
  return found;
}

function words(statusCode: string) {
  return { statusCode, statusMessage: 'said so' };
}

function newJob(mark: string): NewScicatJob {
  return {
    ...{ type: 'archive', ownerUser: 'ada', ownerGroup: 'group', contactEmail: 'to@example.org' },
    ...{ pids: ['p/1'], mark },
  };
}

function datablock(archiveId: string): NewDatablock {
  return {
    ...{ archiveId, size: 3, packedSize: 1024, chkAlg: 'sha256', version: '1' },
    dataFileList: [{ path: 'f', size: 3, time: '2026-01-01T00:00:00.000Z', chk: 'c' }],
  };
}

function defined(fields: object | undefined): object {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined));
}
