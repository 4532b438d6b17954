import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../fuzz/random.js';
import { datasetInSourceFolder, sampleFiles } from '../support/datasets.js';
import {
  createPublication,
  eventually,
  publicationPath,
  PublishingInstallation,
} from '../support/publications.js';
import type { Answer, ScicatClient } from '../support/scicat-client.js';
import type { Mischief } from './monkey.js';
import { patience, play } from './stage.js';

type Fields = Record<string, unknown>;

/** How a publication must end, as its author wants it. */
interface Wish {
  readonly doi: string;
  readonly pid: string;
  title: string;
  end: 'registered' | 'withdrawn';
}

const count = Number(process.env['CHAOS_PUBLICATIONS'] ?? 40);
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 60);
const actors = 6;
const faults = ['lose-answer', 'fail', 'busy'] as const;

/** Asks until somebody answers; what an earlier try has done already counts as done. */
async function insist(
  call: () => Promise<Answer>,
  done: readonly number[],
  until: () => Promise<boolean>,
): Promise<void> {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(200)) {
    const answer = await call().catch(() => undefined);
    if (answer !== undefined && done.includes(answer.status)) return;
    if (await until().catch(() => false)) return;
  }
  assert.fail('nobody answered');
}

async function publish(
  wishes: Wish[],
  random: Chance,
  { client, admin }: { client: ScicatClient; admin: ScicatClient },
  pid: string,
): Promise<void> {
  let doi = '';
  await insist(
    async () => {
      doi = await createPublication(client, [pid], { title: `Chaos ${random.below(1_000_000)}` });
      return { status: 201, body: {} };
    },
    [201],
    () => Promise.resolve(false),
  );
  const path = publicationPath(doi);
  const record = async (): Promise<Fields> => (await admin.call('GET', path)).body;
  const status = async (wanted: string): Promise<boolean> => (await record())['status'] === wanted;
  const register = async (who: ScicatClient): Promise<void> => {
    await insist(
      () => who.call('POST', `${path}/register`),
      [201, 202],
      () => status('registered'),
    );
    await eventually(`${doi} is registered`, async () => (await status('registered')) || undefined, patience);
  };
  const wish: Wish = {
    doi,
    pid,
    title: String((await eventually('the record', record))['title']),
    end: 'registered',
  };
  wishes.push(wish);
  if (random.below(3) === 0)
    await insist(
      () => client.call('POST', `${path}/publish`),
      [201],
      () => status('public'),
    );
  await register(client);
  if (random.below(2) === 0) {
    await insist(
      () => admin.call('POST', `${path}/amend`),
      [201],
      () => status('amended'),
    );
    wish.title = `Amended ${random.below(1_000_000)}`;
    const patch = { title: wish.title };
    await insist(
      () => admin.call('PATCH', path, patch),
      [200],
      async () => (await record())['title'] === wish.title,
    );
    await register(admin);
  }
  if (random.below(4) === 0) {
    wish.end = 'withdrawn';
    await insist(
      () => admin.call('POST', `${path}/withdraw`, { reason: 'Chaos.' }),
      [201],
      () => status('withdrawn'),
    );
  }
}

/** Every place says the same of every publication, and each side effect happened once in its outcome. */
async function judge(
  site: PublishingInstallation,
  admin: ScicatClient,
  wishes: readonly Wish[],
): Promise<void> {
  await eventually(
    'nothing is left to do',
    async () => ((await site.operate('GET', '')).body['items'] as unknown[]).length === 0 || undefined,
    patience,
  );
  const rows = new Map((await site.digest()).map((row) => [row.doi, row]));
  for (const { doi, title, end } of wishes) {
    const record = (await admin.call<Fields>('GET', publicationPath(doi))).body;
    const registered = site.datacite.get(doi);
    const withdrawn = end === 'withdrawn';
    const page = await site.page(doi);
    const found = {
      status: record['status'],
      title: record['title'],
      datacite: registered?.state,
      dataciteTitle: (registered?.attributes['titles'] as { title: string }[] | undefined)?.[0]?.title,
      publicStore: rows.get(doi)?.state,
      page: page.status,
      showsTitle: (await page.text()).includes(title),
    };
    const expected = {
      status: end,
      title,
      datacite: withdrawn ? 'registered' : 'findable',
      dataciteTitle: title,
      publicStore: withdrawn ? 'withdrawn' : 'published',
      page: withdrawn ? 410 : 200,
      showsTitle: true,
    };
    assert.deepEqual(found, expected, doi);
  }
  const refused = site.datacite.requests.filter(({ status }) => status === 422 || status === 405);
  assert.deepEqual(refused, [], 'DataCite refused nothing');
  assert.equal(site.datacite.requests.filter(({ method }) => method === 'POST').length, 0);
  const known = new Set(wishes.map(({ doi }) => doi));
  // An author whose answer was lost made another record: it is private, and nobody outside knows it.
  for (const { doi } of site.datacite.all())
    assert.ok(known.has(doi), `${doi} is at DataCite and nobody wants it`);
  assert.equal(rows.size, wishes.length);
  const { body } = await site.operate('POST', '/compare');
  const { missed, gone, unpushed, drifted, unknown } = body;
  assert.deepEqual(
    { missed, gone, unpushed, drifted, unknown },
    { missed: 0, gone: 0, unpushed: 0, drifted: 0, unknown: [] },
  );
}

/** DataCite is not ours: it is away at times, slow, or loses an answer. */
function trouble({ datacite }: PublishingInstallation): Mischief[] {
  const away = (chance: Chance): ReturnType<Mischief['happen']> => {
    const milliseconds = 500 + chance.below(3000);
    datacite.away = true;
    return { deed: 'DataCite away', over: sleep(milliseconds).then(() => void (datacite.away = false)) };
  };
  const disturb = (chance: Chance): ReturnType<Mischief['happen']> => {
    const fault = chance.pick(faults);
    datacite.order(chance.below(3) === 0 ? 'GET' : 'PUT', fault);
    return { deed: `DataCite: ${fault}`, over: Promise.resolve() };
  };
  return [
    { weight: 2, happen: away },
    { weight: 5, happen: disturb },
  ];
}

let site: PublishingInstallation;
await play(
  'publish',
  async () => {
    site = await PublishingInstallation.create({ environment: { REGISTRATION_PATIENCE: '500ms' } });
    return { installation: site.installation, close: (failed) => site.stop(failed) };
  },
  async (stage) => {
    const { fleet, installation } = stage;
    const admin = await installation.client('admin');
    const pids: string[] = [];
    const author = await installation.client('demo');
    for (let index = 0; index < 4; index += 1)
      pids.push((await datasetInSourceFolder(installation, author, sampleFiles(1000))).pid);
    const people = await Promise.all(
      fleet.doors.map(async ({ url }) => ({
        client: await installation.client('demo', url),
        admin: await installation.client('admin', url),
      })),
    );
    const wishes: Wish[] = [];
    let left = count;
    let lived = 0;
    const live = async (actor: number): Promise<void> => {
      const chance = stage.chance(actor);
      const who = people[actor % people.length]!;
      while (left > 0) {
        left -= 1;
        await publish(wishes, chance, who, chance.pick(pids));
        lived += 1;
        if (lived % 10 === 0) stage.log(`${lived} of ${count} publications lived through`);
      }
    };
    const faultsOfAll = await stage.storm(
      seconds * 1000,
      async () => void (await Promise.all(Array.from({ length: actors }, (_, actor) => live(actor)))),
      trouble(site),
    );
    site.datacite.away = false;
    site.datacite.calm();
    // First of all everybody has heard everything: until then the publisher may believe that nothing is left to do.
    await stage.rest();
    await judge(site, admin, wishes);
    await stage.rest();
    await stage.isAlive();
    const withdrawn = wishes.filter(({ end }) => end === 'withdrawn').length;
    return `${wishes.length} publications (${withdrawn} withdrawn) agree everywhere\n  faults: ${faultsOfAll}`;
  },
);
