import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import type { MissingApp, ToldFact } from '#console-api';
import { evil, fromApps, missing, rendered, session, since, type Answers } from './testing/rendered.js';
import { textsEn } from './texts/texts-en.js';

const fact: ToldFact = {
  ...{ app: 'job-assembler', code: 'limit.target', changeable: 'operator', since },
  facts: { target: 'lts-read', limit: 48, used: 48, place: 7 },
};
const why = { headline: fact, all: [fact], missing: [], known: true, at: since };
const job = {
  ...{ id: 'job-1', type: 'archive', statusCode: 'inProgress', statusMessage: evil, ownerUser: 'anna' },
  ...{ ownerGroup: 'p1', createdAt: since, updatedAt: since },
  datasets: { count: 1, first: { pid: '20.500/1', name: evil } },
  progress: {
    bytesDone: 1024,
    bytesTotal: 4096,
    datasetsDone: 0,
    datasetsTotal: 1,
    phase: 'packing',
    at: since,
  },
};
const parked = {
  ...{ _id: 'm1', messageId: 'id-1', type: 'archival.archive-datablock.v1', outcome: 'dead', code: 'x.y' },
  ...{ reason: evil, attempts: 5, exchange: 'catena', routingKey: 'k', jobId: 'job-1', encoding: 'utf8' },
  ...{ parkedAt: since, state: 'parked', body: JSON.stringify({ name: evil }), headers: { a: evil } },
};
const deed = {
  ...{ id: 'a1', at: since, by: 'olga', via: 'console', action: 'job.cancel', subject: 'job/job-1' },
  ...{ jobId: 'job-1', reason: evil, outcome: 'refused', fault: { code: 'x.z', message: evil } },
};

function answers(silent: readonly MissingApp[], isEmpty: boolean): Answers {
  const items = <Item,>(...list: readonly Item[]): { items: readonly Item[] } => ({
    items: isEmpty ? [] : list,
  });
  return {
    codes: { 'x.y': { meaning: 'It means this.', remedy: 'Do that.' } },
    jobs: { ...items({ ...job, why: { ...why, missing: silent } }), partial: false },
    'jobs/job-1/why': isEmpty
      ? { all: [], missing: silent, known: true, at: since }
      : { ...why, missing: silent },
    'jobs/job-1/parts': {
      orders: items({ id: 'job-1/0/0', kind: 'archive', state: 'released', targets: ['lts'] }),
      works: items(),
      missing: silent,
    },
    'jobs/job-1/trail': { ...items({ ...deed, app: 'catalog-api' }), missing: silent },
    'catalogue/jobs/job-1/overview': {
      job: isEmpty ? { ...job, datasets: { count: 0 } } : job,
      ...{ retries: [], unsent: [] },
      datasets: items({ pid: '20.500/1', name: evil, state: 'held' }),
    },
    'catalogue/jobs/job-1/history': isEmpty
      ? []
      : [{ at: since, by: 'catena', statusCode: 'inProgress', statusMessage: evil }],
    'catalogue/jobs/counts': {
      unfinished: isEmpty ? [] : [{ type: 'archive', statusCode: 'inProgress', count: 1234 }],
      ended: [],
    },
    'operations/job-assembler-psi/jobs/job-1': { priority: 0 },
    'operations/all/app': fromApps(
      { app: 'catalog-api', version: '0.9.0', dependencies: { broker: 'down' } },
      silent,
    ),
    'operations/all/parking-lot/groups': fromApps(
      items({ key: 'x.y', count: 340, first: since, last: since, sample: 'm1' }),
      silent,
    ),
    'operations/all/audit': fromApps(items(deed), silent),
    'operations/all/bulk-runs': fromApps({ items: [] }, silent),
    'operations/catalog-api/parking-lot': items(parked),
    'operations/catalog-api/parking-lot/m1': parked,
  };
}

const { home, jobs, job: jobTexts, messages, audit, states } = textsEn;

/** Each page with what it says: of something, of nothing, and where an app is silent. */
const pages = {
  '/': {
    full: [home.waits, '48', '340', '1,234', 'cannot reach broker'],
    empty: [home.noParked, home.noAudit],
  },
  '/jobs': { full: ['job-1', '48', 'In progress', '25 %'], empty: [jobs.none, jobs.noneMore] },
  '/jobs?type=archive': { full: ['job-1'], empty: [jobs.noneFiltered, states.clear] },
  '/jobs/job-1': {
    full: ['Place ', 'An operator can change that', '1.0 KiB of 4.0 KiB', 'Urgent', 'job-1/0/0'],
    empty: [jobTexts.noDatasets, jobTexts.noParts, jobTexts.noTimeline],
  },
  '/messages': { full: ['340', 'x.y'], empty: [messages.none, messages.noneMore] },
  '/messages?app=catalog-api&key=x.y': { full: ['It means this.', 'Do that.'], empty: [messages.none] },
  '/audit': { full: ['olga', 'Refused', 'x.z'], empty: [audit.none, audit.noneMore] },
} as const;

describe('The page', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  for (const [address, { full, empty }] of Object.entries(pages)) {
    it(`${address} shows what there is, in both languages`, async () => {
      const markup = await rendered(address, answers([], false));
      for (const text of full) assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
      assert.doesNotMatch(markup, /role="alert"/);
      const german = await rendered(address, answers([], false), { language: 'de' });
      assert.ok(german.includes('Zum Inhalt springen'));
      assert.doesNotMatch(german, /Skip to the content|undefined/);
    });

    it(`${address} says that it is loading`, async () => {
      const markup = await rendered(address, {}, { asks: false });
      assert.match(markup, /class="skeleton early" role="status"/);
      assert.ok(markup.includes(states.loading));
    });

    it(`${address} says what would be there where there is nothing`, async () => {
      const markup = await rendered(address, answers([], true));
      for (const text of empty) assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
    });

    it(`${address} says its fault with code and trace, and offers another try`, async () => {
      const markup = await rendered(address, {});
      for (const text of ['operations.service-away', 'trace-77', states.again])
        assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
    });

    it(`${address} shows hostile texts as texts`, async () => {
      const markup = await rendered(address, answers([], false));
      assert.doesNotMatch(markup, /<img|onerror="|\u202e/);
    });
  }

  for (const address of ['/', '/jobs/job-1', '/messages', '/audit'])
    it(`${address} names the app that does not answer, and shows the rest`, async () => {
      const markup = await rendered(address, answers(missing, false));
      assert.match(markup, /archiver does not answer since 29 Nov 2026/);
      assert.ok(markup.includes(states.rest));
    });

  for (const address of ['/', '/messages', '/audit'] as const)
    it(`${address} names an app that answers in another form, and shows the rest`, async () => {
      const known = answers([], false);
      const odd = { app: 'archiver', body: {} };
      const all = Object.entries(known).map(([path, answer]) => {
        if (!path.startsWith('operations/all/')) return [path, answer] as const;
        const from = answer as ReturnType<typeof fromApps>;
        return [path, { ...from, answers: [odd, { app: 'odd', body: null }, ...from.answers] }] as const;
      });
      const markup = await rendered(address, Object.fromEntries(all));
      assert.match(markup, /archiver did not take the call/);
      assert.doesNotMatch(markup, /role="alert"/);
      assert.ok(markup.includes(pages[address].full[0]));
    });

  for (const address of Object.keys(pages))
    it(`${address} bears answers of another form`, async () => {
      const known = answers([], false);
      for (const odd of [{}, null, [], { items: [null] }]) {
        const all = Object.fromEntries(Object.keys(known).map((path) => [path, odd]));
        assert.ok((await rendered(address, all)).includes('id="main"'));
      }
      for (const path of Object.keys(known).filter(
        (one) => address === '/jobs/job-1' && one.includes('job-1'),
      ))
        assert.ok((await rendered(address, { ...known, [path]: {} })).includes('id="main"'), path);
    });

  it('of messages names apps whose bulk runs are not known, and says its fault', async () => {
    const [runs, known] = ['operations/all/bulk-runs', answers([], false)];
    const silent = await rendered('/messages', { ...known, [runs]: fromApps({ items: [] }, missing) });
    assert.match(silent, /Bulk runs.*archiver does not answer/);
    const { [runs]: _runs, ...rest } = known;
    assert.match(await rendered('/messages', rest), /Bulk runs.*operations\.service-away/);
  });

  it('of the audit trail says that there are older entries, and which app has none', async () => {
    const body = { items: [deed], next: 'x' };
    const known = { 'operations/all/audit': { ...fromApps(body), without: ['publisher'] } };
    const markup = await rendered('/audit', known);
    for (const text of [audit.more, audit.older, audit.without('publisher')])
      assert.ok(markup.includes(text), text);
    assert.doesNotMatch(await rendered('/audit', answers([], false)), new RegExp(audit.more));
  });

  it('of a job says where its trail is cut, and which app has none', async () => {
    const trail = { items: [{ ...deed, app: 'a' }], missing: [], without: ['publisher'], more: true };
    const markup = await rendered('/jobs/job-1', { ...answers([], false), 'jobs/job-1/trail': trail });
    for (const text of [jobTexts.trailMore, audit.without('publisher')])
      assert.ok(markup.includes(text), text);
    assert.ok(!(await rendered('/jobs/job-1', answers([], false))).includes(jobTexts.trailMore));
  });

  it('of jobs says who did not answer where nothing is known of a job', async () => {
    const silent = { ...why, headline: undefined, all: [], missing };
    const known = { ...answers([], false), jobs: { items: [{ ...job, why: silent }], partial: false } };
    assert.match(await rendered('/jobs', known), /archiver does not answer since/);
  });

  it('of a message has its body, and offers what may be done', async () => {
    const markup = await rendered('/messages/catalog-api/m1', answers([], false));
    assert.match(markup, /&quot;name&quot;: &quot;&lt;\/script&gt;/);
    for (const text of ['Replay…', 'Discard…', 'It means this.', '⟨U+202E⟩'])
      assert.ok(markup.includes(text), text);
    // Nothing gives this person the right to leave notes: the button says so.
    assert.match(markup, /aria-disabled="true"[^>]*parking-lot\.note/);
  });

  it('of a message offers a long body as a file, and says when bodies are not to be read', async () => {
    const path = 'operations/catalog-api/parking-lot/m1';
    const long = await rendered('/messages/catalog-api/m1', {
      ...answers([], false),
      [path]: { ...parked, body: 'a'.repeat(300_000) },
    });
    assert.ok(long.includes('Download it') && !long.includes('aaaaaaaa'));
    const { body: _body, ...without } = parked;
    const none = await rendered('/messages/catalog-api/m1', { ...answers([], false), [path]: without });
    assert.ok(none.includes(textsEn.message.noBody));
  });

  it('of a job tells operators what the apps know of it while the catalogue is away', async () => {
    const { 'catalogue/jobs/job-1/overview': _overview, ...rest } = answers([], false);
    const markup = await rendered('/jobs/job-1', rest);
    for (const text of ['operations.service-away', 'Place ', 'job-1/0/0'])
      assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
    const anna = { ...session, username: 'anna', permissions: [] };
    assert.ok(!(await rendered('/jobs/job-1', rest, { who: anna })).includes('Place '));
  });

  it('of a job refuses to steer it until its app has said how it stands', async () => {
    const { 'operations/job-assembler-psi/jobs/job-1': _steering, ...rest } = answers([], false);
    const said = (text: string) => new RegExp(`aria-disabled="true"[^>]*${text}`);
    assert.match(await rendered('/jobs/job-1', rest), said('job-assembler-psi does not say how it stands'));
    const known = answers([], false);
    assert.doesNotMatch(await rendered('/jobs/job-1', known), said('job-assembler-psi'));
  });

  it('of a person says what gives each right, and which are not given', async () => {
    const markup = await rendered('/me', {});
    assert.match(markup, /operations\.audit<\/code>.*<code>operator<\/code>/);
    assert.match(markup, /<li class="tag"><code>copy\.repair<\/code>/);
  });

  it('of a scientist has the own jobs, and no page of operators', async () => {
    const anna = {
      ...{ ...session, username: 'anna', groups: ['p1'] },
      permissions: [{ action: 'job.cancel' as const, rule: '#jobOwnerUser', reach: 'own' as const }],
    };
    const markup = await rendered('/', answers([], false), { who: anna });
    assert.ok(markup.includes(home.mine) && markup.includes('job-1'));
    assert.doesNotMatch(markup, /href="\/console\/(messages|audit)"/);
    const foreign = await rendered('/jobs/job-1', answers([], false), {
      who: { ...anna, username: 'bert', groups: [] },
    });
    assert.match(foreign, /aria-disabled="true"[^>]*#jobOwnerUser/);
  });

  it('that is none says so', async () => {
    assert.ok((await rendered('/nowhere', {})).includes(states.noPage));
  });

  it('warns where rights are old, and in an emergency', async () => {
    const markup = await rendered('/jobs', answers([], false), {
      who: { ...session, stale: true, emergency: true },
    });
    assert.match(markup, /Your rights are those of 29 Nov 2026/);
    assert.ok(markup.includes('Emergency sign-in'));
  });

  it('for signing in says when the catalogue was not told of the end', async () => {
    assert.ok((await rendered('/sign-in?untold=1', {})).includes('the catalogue could not be told'));
    assert.doesNotMatch(await rendered('/sign-in', {}), /could not be told/);
  });

  it('for signing in has each way that the installation offers', async () => {
    const markup = await rendered('/sign-in?returnTo=%2Fjobs%2Fx&fault=x.y', answers([], false));
    assert.match(markup, /href="\/console\/sign-in\/oidc\?returnTo=%2Fconsole%2Fjobs%2Fx"/);
    assert.ok(markup.includes('It means this.'), 'why the way back of the provider failed');
    for (const name of ['username', 'password', 'token']) assert.ok(markup.includes(`name="${name}"`), name);
  });
});
