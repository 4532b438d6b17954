import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { archiveAnswers, dataset, keeper, limits, pid } from './testing/archive-answers.js';
import { missing, rendered, session, type Answers, type Asked } from './testing/rendered.js';
import { textsEn } from './texts/texts-en.js';

const { storage, dataset: ofDataset, limits: ofLimits, states, copyStates } = textsEn;
const address = `/datasets/${encodeURIComponent(pid)}`;

/** Each page with what it says: of something, and of nothing. */
const pages = {
  '/storage': {
    full: [
      ...[storage.states.drain, storage.states.up, '1.0 TiB</span> kept free', '2.0 TiB</span> free for'],
      ...['3 pieces of work still run there.', '1 of 2 read', '5 recalls wait', '94 % of the bytes'],
      ...['2 are damaged or missing', 'at least 2.0 TiB a day', copyStates.damaged],
      ...['The first 1 of 3.', storage.lacks.quota, storage.asideOf.reset, 'looked at 3 times'],
    ],
    empty: [
      ...[storage.noShares, storage.noCopies, storage.noArea, storage.noAside],
      ...[storage.noCopiesMore, storage.noAsideMore, storage.noSharesMore],
    ],
  },
  '/storage?state=damaged&share=lts': { full: ['vault'], empty: [states.filtered, states.clear] },
  [address]: {
    full: [
      ...[
        'One copy is not good',
        ofDataset.fewest(1, '1'),
        'Copy on lts',
        'Copy on vault',
        copyStates.verified,
      ],
      ...['Verify reads it', '10 of 12 are archived', ofDataset.keptByOperators, ofDataset.end],
    ],
    empty: [
      ...[ofDataset.notArchived, ofDataset.listed, ofDataset.noRetrieved, ofDataset.noJobs],
      ...[ofDataset.noClaims, storage.noCopies],
    ],
  },
  '/limits': {
    full: [
      ...['51 of 64', '24 of 24', '30 of 32', ofLimits.full, 'Reading from lts', 'Target lts', 'Job job-1'],
      ...[
        '3 parts still run',
        'nothing of it runs',
        'new tapes',
        '112',
        ofLimits.noGroup,
        ofLimits.untilSaid,
      ],
    ],
    empty: [ofLimits.noPauses, ofLimits.noHolders, ofLimits.noPlanned, ofLimits.pausesMore],
  },
} as const;
const fromAllApps = Object.keys(pages).filter((page) => page !== '/limits');

const shown = (page: string, known: Answers, asked: Asked = {}): Promise<string> =>
  rendered(page, known, { who: keeper, ...asked });
const has = (markup: string, ...texts: readonly string[]): void => {
  for (const text of texts) assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
};

describe('The page', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  for (const [page, { full, empty }] of Object.entries(pages)) {
    it(`${page} shows what there is, in both languages`, async () => {
      const markup = await shown(page, archiveAnswers([], false));
      has(markup, ...full);
      assert.doesNotMatch(markup, /role="alert"|undefined|NaN/);
      const german = await shown(page, archiveAnswers([], false), { language: 'de' });
      has(german, 'Zum Inhalt springen');
      assert.doesNotMatch(german, /undefined|NaN|still run|Not there|Holds now|was read back/);
    });

    it(`${page} says that it is loading`, async () => {
      const markup = await shown(page, {}, { asks: false });
      assert.match(markup, /class="skeleton early" role="status"/);
    });

    it(`${page} says what would be there where there is nothing`, async () => {
      has(await shown(page, archiveAnswers([], true)), ...empty);
      const german = await shown(page, archiveAnswers([], true), { language: 'de' });
      for (const text of empty) assert.ok(!german.includes(text), text);
    });

    it(`${page} says its fault with code and trace, and offers another try`, async () => {
      has(await shown(page, {}), 'operations.service-away', 'trace-77', states.again);
    });

    it(`${page} shows hostile texts as texts`, async () => {
      const markup = await shown(page, archiveAnswers([], false));
      assert.doesNotMatch(markup, /<img|onerror="|\u202e/);
    });

    it(`${page} bears answers of another form`, async () => {
      const known = archiveAnswers([], false);
      const odds = [{}, null, [], { items: [null, {}] }, [{}, null], 7];
      const all = Object.keys(known);
      for (const odd of odds) {
        const paths = Object.fromEntries(all.map((path) => [path, odd]));
        has(await shown(page, paths), 'id="main"');
        const bodies = Object.fromEntries(
          all.map((path) => [path, { answers: [{ app: 'archiver', body: odd }], missing: [], without: [] }]),
        );
        has(await shown(page, { ...known, ...bodies }), 'id="main"');
      }
    });
  }

  for (const page of fromAllApps)
    it(`${page} names the archiver that does not answer, and shows the rest`, async () => {
      const markup = await shown(page, archiveAnswers(missing, false));
      assert.match(markup, /archiver does not answer since 29 Nov 2026/);
      has(markup, states.rest, pid.slice(0, 12));
    });

  it('/storage names a missing archiver once, and no app that has no copies', async () => {
    const publisher = { app: 'publisher', code: 'app.silent' as const, message: 'away', since: '' };
    const markup = await shown('/storage', archiveAnswers([...missing, publisher], false));
    assert.equal(markup.split(`${states.partial}.`).length, 2);
    assert.ok(!markup.includes('publisher does not'));
  });

  for (const page of ['/storage', '/limits'])
    it(`${page} is for operators`, async () => {
      const markup = await shown(page, archiveAnswers([], false), {
        who: { ...session, permissions: [] },
      });
      has(markup, states.noRight);
      assert.doesNotMatch(markup, />lts<|p18539/);
    });

  it('of a dataset says to its owner what the catalogue says, and nothing of operators', async () => {
    const asked: string[] = [];
    const anna = {
      ...{ ...session, username: 'anna', groups: ['p1'] },
      permissions: [{ action: 'job.cancel' as const, rule: '#jobOwnerUser', reach: 'own' as const }],
    };
    const markup = await shown(address, archiveAnswers([], false), { who: anna, asked });
    has(markup, '10 of 12 are archived', 'Verify reads it', ofDataset.noSafety);
    assert.doesNotMatch(markup, /Copy on|Retrieved copies|New link/);
    assert.deepEqual(
      asked.filter((path) => path.startsWith('operations/')),
      [],
    );
  });

  it('of a dataset that the catalogue does not have says so, and shows copies all the same', async () => {
    const { [`catalogue/datasets/${encodeURIComponent(pid)}`]: _gone, ...known } = archiveAnswers([], false);
    const markup = await shown(address, known, { absent: true });
    has(markup, ofDataset.notFound, 'Copy on lts');
  });

  it('of a dataset does not call safe what was not all looked at', async () => {
    const ofPid = `catalogue/datasets/${encodeURIComponent(pid)}`;
    const whole = { ...dataset, numberOfFilesArchived: 12 };
    const known: Answers = { ...archiveAnswers([], false), [ofPid]: whole };
    const path = 'operations/all/copies';
    const [{ body }] = (known[path] as { answers: [{ body: { items: readonly object[] } }] }).answers;
    const good = { items: body.items.slice(0, 1) };
    const answer = (more: object, silent: readonly object[] = []): Answers => ({
      ...known,
      [path]: { answers: [{ app: 'archiver', body: { ...good, ...more } }], missing: silent, without: [] },
    });
    has(await shown(address, answer({})), 'Its only copy was read back, and is good');
    has(await shown(address, answer({ next: 'x' })), 'they are not all', ofDataset.more);
    has(await shown(address, answer({}, missing)), 'they are not all');
    const part = await shown(address, { ...answer({}), [ofPid]: dataset });
    has(part, ofDataset.partly, '10 of 12 files are archived');
    assert.doesNotMatch(part, /safety good/);
    const { [ofPid]: _record, ...unsaid } = answer({});
    has(await shown(address, unsaid), ofDataset.safeKnown(1, '1'), ofDataset.filesUnknown);
    const bad = { ...body.items[0], state: 'damaged' };
    has(await shown(address, answer({ items: [bad], next: 'x' })), ofDataset.badSoFar('1'));
    const nothing = { ...known, [path]: { answers: [], missing, without: [] } };
    has(await shown(address, nothing), ofDataset.notAll);
    const { answers: one } = answer({})[path] as { answers: unknown };
    const old = { ...known, [path]: { answers: one, missing: [], without: ['archiver-bern', 'publisher'] } };
    has(await shown(address, old), 'they are not all', 'archiver-bern did not take the call');
    const none = await shown(address, {
      ...known,
      [path]: { answers: [], missing: [], without: ['publisher'] },
    });
    has(none, ofDataset.notAll, storage.notAll);
    assert.ok(!none.includes(ofDataset.notArchivedMore) && !none.includes(storage.noCopies));
  });

  it('of a dataset does not say that nothing holds it where a job does not say so', async () => {
    const { 'catalogue/jobs/job-1/overview': overview, ...rest } = archiveAnswers([], false);
    const silent = await shown(address, rest);
    has(silent, `${ofDataset.claims}: ${textsEn.time.unknown}`);
    const many = {
      ...(overview as object),
      datasets: { items: [{ pid: 'another', state: 'held' }], next: 'x' },
    };
    const markup = await shown(address, { ...rest, 'catalogue/jobs/job-1/overview': many });
    assert.ok(!markup.includes(ofDataset.noClaims));
  });

  it('of a dataset asks all jobs that are not over whether they hold it, and says so only of those', async () => {
    const { jobs, ...rest } = archiveAnswers([], false);
    const { items } = jobs as { items: readonly object[] };
    const asked: string[] = [];
    const overview = rest['catalogue/jobs/job-1/overview'] as { datasets: object };
    const free = { ...overview, datasets: { items: [{ pid, state: 'done' }] } };
    const ids = Array.from({ length: 12 }, (_, index) => `job-${index + 1}`);
    const many = {
      ...rest,
      jobs: { items: ids.map((id) => ({ ...items[0], id })), partial: false },
      ...Object.fromEntries(ids.map((id) => [`catalogue/jobs/${id}/overview`, free])),
    };
    has(await shown(address, many, { asked }), ofDataset.noClaims);
    assert.ok(asked.some((one) => one.startsWith('jobs?') && one.includes('unfinished=true&limit=20')));
    has(await shown(address, { ...many, 'catalogue/jobs/job-12/overview': overview }), 'reads it');
    for (const more of [{ next: 'x' }, { partial: true }])
      has(
        await shown(address, { ...many, jobs: { items: [], partial: false, ...more } }),
        `${ofDataset.claims}: ${textsEn.time.unknown}`,
      );
    const anna = { ...session, permissions: [] };
    const owner = await shown(address, many, { who: anna });
    has(owner, ofDataset.noClaimsSeen);
    assert.ok(!owner.includes(ofDataset.noClaims));
  });

  it('of a dataset says where no datablock has a good copy', async () => {
    const known = archiveAnswers([], false);
    const path = 'operations/all/copies';
    const [{ body }] = (known[path] as { answers: [{ body: { items: readonly object[] } }] }).answers;
    const lost = { items: body.items.map((one) => ({ ...one, state: 'missing' })) };
    const answers = [{ app: 'archiver', body: lost }];
    has(
      await shown(address, { ...known, [path]: { answers, missing: [], without: [] } }),
      'One datablock has no good copy',
    );
  });

  it('of storage tells archivers apart that have shares of the same name', async () => {
    const known = archiveAnswers([], false);
    const path = 'operations/all/shares';
    const { answers, ...rest } = known[path] as { answers: readonly { body: unknown }[] };
    const both = [...answers, { app: 'archiver-bern', body: answers[0]?.body }];
    const markup = await shown('/storage', { ...known, [path]: { ...rest, answers: both } });
    has(markup, 'of archiver-basel', 'of archiver-bern');
    assert.ok(!(await shown('/storage', known)).includes('of archiver-basel'));
  });

  it('tell what archivers of one database tell alike only once', async () => {
    const known = archiveAnswers([], false);
    const twice = Object.fromEntries(
      Object.entries(known).map(([path, from]) => {
        const { answers, ...rest } = from as { answers?: readonly { body: unknown }[] };
        const [first] = answers ?? [];
        if (first === undefined || !path.startsWith('operations/all/')) return [path, from];
        return [path, { ...rest, answers: [...(answers ?? []), { app: 'archiver-bern', body: first.body }] }];
      }),
    );
    const timesIn = (markup: string, text: string): number => markup.split(text).length - 1;
    for (const [page, ...texts] of [
      [address, 'Copy on lts', 'Copy on vault', `>${textsEn.dataset.extend}<`],
      ['/storage', `>${storage.bringBack}<`, 'The first 1 of 3.', 'class="mono"'],
      ['/work', '2 of 4 used', 'tape1'],
    ] as const) {
      const [once, both] = [await shown(page, known), await shown(page, twice)];
      for (const text of texts) {
        assert.ok(timesIn(once, text) > 0, text);
        assert.equal(timesIn(both, text), timesIn(once, text), `${text} on ${page}`);
      }
    }
    has(await shown(address, twice), 'One copy is not good');
  });

  it('of storage leads from what is not good to each list of it', async () => {
    const markup = await shown('/storage', archiveAnswers([], false));
    const counted = markup.slice(markup.indexOf('2 are damaged or missing'));
    for (const state of ['damaged', 'missing', 'repairing'] as const) {
      const link = `share=lts&amp;state=${state}#copies`;
      assert.match(counted, new RegExp(`${link}"[^>]*>${copyStates[state]}<`));
    }
  });

  it('of storage says where a share is not there, and offers to accept what is', async () => {
    const known = archiveAnswers([], false);
    const away = {
      ...{ name: 'lts', state: 'away', up: false, code: 'archiver.share-other', reason: 'another disk' },
      ...{ identity: 'unidentified', reserve: 0, mode: 'run' },
    };
    const path = 'operations/all/shares';
    const answers = [{ app: 'archiver', body: [away] }];
    const markup = await shown('/storage', { ...known, [path]: { answers, missing: [], without: [] } });
    has(markup, storage.states.away, 'another disk', storage.adopt, storage.roomUnknown);
    has(markup, storage.identities.unidentified, storage.runningUnknown);
  });

  it('of storage asks for what its address says, and for the rest of each archiver', async () => {
    const asked: string[] = [];
    const page = '/storage?share=lts&state=damaged&before=2026-01-31';
    await shown(page, archiveAnswers([], false), { asked });
    const query = new URLSearchParams(
      asked.find((one) => one.startsWith('operations/all/copies'))?.split('?')[1],
    );
    assert.deepEqual([query.get('share'), query.get('state')], ['lts', 'damaged']);
    assert.equal(
      new Date(query.get('verifiedBefore') ?? '').getTime(),
      new Date('2026-01-31T00:00:00').getTime(),
    );
  });

  it('disables what a person may not do for all, and says why', async () => {
    const some = {
      ...keeper,
      permissions: [
        { action: 'operations.read' as const, rule: 'viewer', reach: 'all' as const },
        { action: 'copy.verify' as const, rule: '#datasetOwner', reach: 'own' as const },
      ],
    };
    const page = await shown(address, archiveAnswers([], false), { who: some });
    assert.match(page, /aria-disabled="true"[^>]*copy\.verify[^>]*all records/);
    assert.match(page, /aria-disabled="true"[^>]*copy\.repair/);
    assert.match(page, /aria-disabled="true"[^>]*job\.link/);
    const more = await shown('/limits', archiveAnswers([], false), { who: some });
    assert.match(more, /aria-disabled="true"[^>]*limits\.set/);
    assert.match(more, /aria-disabled="true"[^>]*pause\.end/);
    assert.doesNotMatch(await shown('/limits', archiveAnswers([], false)), /aria-disabled="true"/);
  });

  it('of limits is of each app that releases work, and says where there is none', async () => {
    const known = { ...archiveAnswers([], false), 'operations/job-assembler-2/limits': limits };
    const apps = ['job-assembler-psi', 'job-assembler-2'];
    const markup = await shown('/limits', known, { apps });
    has(markup, '<bdi>job-assembler-2</bdi>', '<bdi>job-assembler-psi</bdi>');
    has(await shown('/limits', known, { apps: ['archiver'] }), ofLimits.noApp);
  });

  it('of a job offers its owner to have the copies for longer, and operators what they may do with each', async () => {
    const [, ...rest] = [null, ...Object.entries(archiveAnswers([], false))];
    const job = {
      ...{ id: 'job-2', type: 'retrieve', statusCode: 'finishedSuccessful', statusMessage: '' },
      ...{ ownerUser: 'anna', ownerGroup: 'p1', datasets: { count: 1 } },
    };
    const archiveId = `${pid}/1.tar.gz`;
    const result = [{ datasetId: pid, archiveId, url: 'https://s3/x', expiresAt: '2026-12-01T10:00:00Z' }];
    const known = {
      ...Object.fromEntries(rest),
      'catalogue/jobs/job-2/overview': {
        ...{ job, retries: [], unsent: [], datasets: { items: [{ pid, state: 'done' }] } },
      },
      'catalogue/jobs/job-2': { jobResultObject: { result } },
    };
    const operator = await shown('/jobs/job-2', known);
    has(operator, ofDataset.renew, ofDataset.extend, ofDataset.link, `href="/console${address}"`);
    const anna = {
      ...{ ...session, username: 'anna', groups: ['p1'] },
      permissions: [{ action: 'retrieved.extend' as const, rule: '#jobOwnerUser', reach: 'own' as const }],
    };
    const mine = await shown('/jobs/job-2', known, { who: anna });
    has(mine, ofDataset.renew);
    assert.doesNotMatch(mine, /aria-disabled="true"[^>]*retrieved\.extend/);
    assert.ok(!mine.includes(ofDataset.link));
    const asked: string[] = [];
    const two = [...result, { ...result[0], datasetId: 'another', url: 'https://s3/y' }];
    const many = { ...known, 'catalogue/jobs/job-2': { jobResultObject: { result: two } } };
    has(await shown('/jobs/job-2', many, { asked }), ofDataset.forOperators);
    assert.deepEqual(
      asked.filter((one) => one.includes('retrieved')),
      [],
    );
    const other = await shown('/jobs/job-2', known, { who: { ...anna, username: 'bert', groups: [] } });
    assert.match(other, /aria-disabled="true"[^>]*#jobOwnerUser/);
  });

  it('of what people look for leads to the dataset', async () => {
    const markup = await rendered(`/go/${encodeURIComponent(dataset.pid)}`, archiveAnswers([], false));
    assert.doesNotMatch(markup, new RegExp(textsEn.find.none));
  });
});
