import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import {
  evil,
  missing,
  notThere,
  rendered,
  session,
  since,
  type Answers,
  type Asked,
} from './testing/rendered.js';
import { answers, blocked, doi, here, jobId, open, operator, works } from './testing/running-answers.js';
import { textsEn } from './texts/texts-en.js';

const show = (address: string, known: Answers, asked: Asked = {}): Promise<string> =>
  rendered(address, known, { who: operator, here, ...asked });

const { work, queues: queueTexts, publications, publication, states } = textsEn;
/** As the router writes it; of an address with %5B a browser is sent there. */
const onePage = `/publications/${encodeURIComponent(doi).replace('%5B', '[').replace('%5D', ']')}`;

/** Each page with what it says: of something, and of nothing. */
const pages: Readonly<
  Record<string, { readonly full: readonly string[]; readonly empty: readonly string[] }>
> = {
  '/work': {
    full: [
      ...['1.0 KiB of 4.0 KiB', '2.0 KiB/s', '25 %', 'attempt 2', 'packing', 'Try now', 'next try', 'x.y'],
      ...['It means this.', 'Do that.', 'in 5 min', '1 of 4 used', 'Drains', work.silentOnes(1, '1')],
      ...['2 pieces of work still end', 'bert', work.ofOperators, work.whole, '3 pieces of work'],
    ],
    empty: [work.none, work.noneMore, work.noWorkers],
  },
  '/work?state=failed&target=lts': { full: ['x.y'], empty: [work.noneFiltered, states.clear] },
  '/queues': {
    full: [
      ...[queueTexts.stuck(5, '5'), 'Nobody takes 340 messages from catena.a.inbox', 'No consumer'],
      ...['catalog-api cannot send 3 messages', 'archiver has not accepted 7 messages of catalog-api'],
      ...['catalog-api cannot reach database', 'The broker has no queue catena.a.receipts', 'by the clock'],
    ],
    empty: [queueTexts.flows, queueTexts.outboxEmpty],
  },
  '/publications': {
    full: [
      ...[
        'Blocked',
        'x.y',
        'It means this.',
        'Do that.',
        'show it on the public pages',
        'attempt 4',
        'in 5 min',
      ],
      ...[publications.forReader, publications.unconfirmed, publications.whole, '>5<', '>6<', 'Retry…'],
    ],
    empty: [publications.none, publications.noRecalls, publications.noPublic],
  },
  '/publications?view=blocked&recalls=failed': {
    full: ['x.y'],
    empty: [publications.noneFiltered, publications.noRecallsFiltered, states.clear],
  },
  [onePage]: {
    full: [
      ...['revision 1 of 2', 'other metadata than are wanted', 'told up to version 2', 'Differs', 'Not yet'],
      ...['have DataCite take the metadata', 'It means this.', 'Refused', 'https://public.example/doi'],
      ...['/console/datasets/20.500%2F1', publications.forReader],
    ],
    empty: [],
  },
};

describe('The page of operators', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  for (const [address, { full, empty }] of Object.entries(pages)) {
    it(`${address} shows what there is, in both languages`, async () => {
      const markup = await show(address, answers());
      for (const text of full) assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
      assert.doesNotMatch(markup, /role="alert"|undefined/);
      const german = await show(address, answers(), { language: 'de' });
      assert.ok(german.includes('Zum Inhalt springen'));
      assert.doesNotMatch(german, /Skip to the content|undefined/);
    });

    it(`${address} says that it is loading`, async () => {
      const markup = await show(address, {}, { asks: false });
      assert.match(markup, /class="skeleton early" role="status"/);
    });

    if (empty.length > 0)
      it(`${address} says what would be there where there is nothing`, async () => {
        const markup = await show(address, answers([], true));
        for (const text of empty) assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
      });

    it(`${address} says its fault with code and trace, and offers another try`, async () => {
      const markup = await show(address, {});
      for (const text of ['operations.service-away', 'trace-77', states.again])
        assert.ok(markup.includes(text), `expected ${text} in ${markup}`);
    });

    it(`${address} shows hostile texts as texts`, async () => {
      const markup = await show(address, answers());
      assert.doesNotMatch(markup, /<img|onerror="|\u202e/);
      assert.ok(markup.includes('⟨U+202E⟩'), 'what turns letters around is shown');
    });

    it(`${address} bears answers of another form`, async () => {
      const known = answers();
      const odd = { doi: {}, id: 7, kind: null, state: {}, instance: 1, targets: 'x', name: {}, registry: 7 };
      const named = {
        ...{
          doi: 'd',
          id: 'i',
          kind: 'k',
          state: 'open',
          instance: 'w',
          name: 'n',
          purpose: 'inbox',
          type: 't',
        },
        ...{
          oldest: 'long ago',
          consumer: 5,
          count: 'many',
          targets: 'x',
          steered: {},
          version: {},
          host: 7,
        },
        ...{
          blocked: {},
          lastFault: {},
          fault: {},
          registry: 7,
          pushed: 7,
          step: {},
          wanted: [],
          message: {},
        },
        ...{
          jobId: 7,
          waitCode: {},
          cartridge: {},
          worker: {},
          phase: {},
          group: {},
          pid: {},
          requestedAt: 7,
        },
        ...{
          standing: 'runs',
          bytesDone: 'x',
          bytesTotal: {},
          messages: 'x',
          consumers: {},
          works: 'x',
          slots: {},
        },
      };
      const oddRows = { answers: [{ app: 'a', body: { items: [named] } }], missing: [], without: [] };
      const lists = { answers: [{ app: 'a', body: { items: [null, {}, odd] } }], missing: [], without: [] };
      for (const answer of [
        oddRows,
        named,
        {},
        null,
        [],
        { items: [null] },
        lists,
        { ...blocked, ...odd, step: {}, wanted: [] },
      ]) {
        const all = Object.fromEntries(Object.keys(known).map((path) => [path, answer]));
        const markup = await show(address, all);
        assert.ok(markup.includes('<h1'), `${JSON.stringify(answer)} ${markup}`);
        assert.ok(!markup.includes(states.crashed), JSON.stringify(answer));
      }
    });
  }

  for (const address of ['/work', '/publications'])
    it(`${address} names the app that does not answer, shows the rest, and does not say that this is all`, async () => {
      const markup = await show(address, answers(missing));
      assert.match(markup, /archiver does not answer since 29 Nov 2026/);
      assert.ok(markup.includes(states.rest) && markup.includes('x.y'));
      assert.ok(!markup.includes(work.whole) || address !== '/work');
    });

  it('of work has each filter in its address, and asks for that', async () => {
    const asked: string[] = [];
    const real = answers();
    const spied = new Proxy(real, {
      getOwnPropertyDescriptor: (target, name) => {
        asked.push(String(name));
        return Object.getOwnPropertyDescriptor(target, name);
      },
    });
    await show('/work?state=planned', spied);
    assert.ok(asked.includes('operations/all/work-orders') && !asked.includes('operations/all/works'));
    const markup = await show(`/work?state=done&target=lts&group=p1&jobId=${jobId}`, real);
    for (const text of ['value="lts"', 'value="p1"', `value="${jobId}"`, work.groupOnly])
      assert.ok(markup.includes(text), text);
    // Of a group only what job-assembler names.
    assert.ok(!markup.includes(work.ofOperators));
  });

  it('of work offers more while an app has more, and does not say that this is all', async () => {
    const more = {
      answers: [{ app: 'archiver', body: { items: works, next: 'n' } }],
      missing: [],
      without: [],
    };
    const markup = await show('/work', { ...answers(), 'operations/all/works': more });
    assert.ok(markup.includes(work.more) && markup.includes(work.unmerged));
    assert.ok(!markup.includes(work.whole));
    assert.match(markup, /aria-rowcount="-1"/);
  });

  it('of work refuses deeds with the reason', async () => {
    const markup = await show('/work', answers(), { who: session });
    for (const right of ['part.try-now', 'pause.set'])
      assert.match(markup, new RegExp(`aria-disabled="true"[^>]*${right}`), right);
    assert.doesNotMatch(await show('/work', answers()), /aria-disabled="true"/);
  });

  it('of queues names a stopped app with what waits for it, and says no more than it knows', async () => {
    const from = (body: unknown) => ({ answers: [{ app: 'catalog-api', body }], missing, without: [] });
    const known = {
      'operations/all/queues': from({ items: [] }),
      'operations/all/outbox': from({ items: [open[0]] }),
      'operations/all/app': from({ app: 'catalog-api', dependencies: { broker: 'up' } }),
    };
    const markup = await show('/queues', known);
    assert.ok(markup.includes('archiver does not answer, and 7 messages wait for it'));
    assert.ok(markup.includes(queueTexts.stuck(1, '1')));
    const away = [{ app: 'publisher', code: 'source.away' as const, message: 'no', since }];
    const partly = await show('/queues', answers(away, true));
    assert.ok(partly.includes(queueTexts.known) && !partly.includes(queueTexts.flowsMore));
    assert.match(partly, /A part of publisher cannot be asked now/);
  });

  it('of queues has a link to the page of the broker where there is one that is safe', async () => {
    assert.ok((await show('/queues', answers())).includes('href="https://broker.example/"'));
    const odd = { ...here, links: { broker: 'javascript:hurt()' } };
    assert.doesNotMatch(await show('/queues', answers(), { here: odd }), /javascript:/);
  });

  it('of publications has the blocked ones first, and a way to each whatever its DOI holds', async () => {
    const markup = await show('/publications', answers());
    const links = [...markup.matchAll(/href="\/console\/publications\/([^"]+)"/g)].map(([, part = '']) =>
      decodeURIComponent(part.replaceAll('&amp;', '&').replaceAll('&#x27;', "'")),
    );
    assert.deepEqual([...new Set(links)], [doi, '10.5072/moving']);
  });

  it('of publications says that the public side is out of reach', async () => {
    const away = [{ app: 'publisher', code: 'source.away', message: evil, since }];
    const known = { ...answers(), 'operations/all/public-side': { answers: [], missing: away, without: [] } };
    assert.ok((await show('/publications', known)).includes(publications.publicAway('publisher')));
  });

  it('of one publication tells its author what the catalogue knows, and asks no publisher', async () => {
    const anna = { ...session, username: 'anna', permissions: [] };
    const markup = await show(onePage, answers(), { who: anna });
    for (const text of [
      publication.noOperator,
      'Refused',
      'https://public.example/doi',
      publications.problems,
    ])
      assert.ok(markup.includes(text), text);
    assert.doesNotMatch(markup, /revision 1 of 2|Retry…/);
  });

  it('of one publication says that there is none', async () => {
    const none = answers([], true);
    const path = encodeURIComponent('10.1/none');
    const known = {
      ...none,
      [`operations/publisher/publications/${path}`]: notThere,
      [`catalogue/publisheddata/${path}/publication`]: notThere,
    };
    const markup = await show(`/publications/${path}`, known);
    for (const text of [publication.notFound, publication.notFoundMore])
      assert.ok(markup.includes(text), text);
  });
});
