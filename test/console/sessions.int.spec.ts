import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsoleSession } from '#console-api';
import type { TakenCall } from './support/operated-app.js';
import { ConsoleScene, emergencyToken, people } from './support/console-scene.js';

const path = '/console/api/session';
const minute = 60_000;

describe('Sessions of the console', () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await ConsoleScene.start();
  });
  after(() => scene.stop());

  it('begin with a password, and keep the token from the browser and from the log', async () => {
    const page = await scene.page('operator');
    const { status, body, headers } = await page.get<ConsoleSession>(path);
    assert.equal(status, 200);
    assert.deepEqual([body.username, body.stale, body.emergency], [people.operator, false, false]);
    assert.ok(body.permissions.some(({ action, reach }) => action === 'operations.act' && reach === 'all'));
    assert.match(
      page.seen.join('\n'),
      /^set-cookie: catena_console=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/m,
    );
    // A late answer would take the place of another sign-in.
    assert.equal(headers.get('set-cookie'), null);
    // A token of catalog-api is three parts, the first of which begins like this.
    const everything = [...page.seen, ...scene.log].join('\n');
    assert.ok(!/eyJhbGciOiJIUzI1NiI/.test(everything), everything.slice(0, 2000));
    assert.ok(!everything.includes('a password of the test'));
    assert.ok(!everything.includes(scene.archiver.token));
  });

  it('are refused with a wrong password, an unknown way, and odd bodies', async () => {
    const page = await scene.page();
    const post = async (body: unknown): Promise<[number, unknown]> => {
      const shown = await page.send('POST', path, { body });
      return [shown.status, shown.body['code']];
    };
    const good = { strategy: 'local', username: 'user1', password: 'wrong' };
    assert.deepEqual(await post(good), [401, 'console.sign-in-refused']);
    assert.deepEqual(await post({ ...good, strategy: 'ldap' }), [400, 'console.bad-request']);
    for (const body of ['{', '[]', {}, { ...good, password: 7 }, { ...good, username: 'x'.repeat(501) }])
      assert.deepEqual(await post(body), [400, 'console.bad-request'], JSON.stringify(body).slice(0, 50));
    assert.equal((await page.get(path)).body['code'], 'console.signed-out');
  });

  it('pass on when catalog-api takes no more passwords for now', async () => {
    const body = { strategy: 'local', username: 'nobody-at-all', password: 'wrong' };
    let last = await (await scene.page()).send('POST', path, { body });
    for (let tries = 0; tries < 15 && last.status === 401; tries += 1)
      last = await (await scene.page()).send('POST', path, { body });
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) > 0);
  });

  it('change nothing for pages of other sites', async () => {
    const page = await scene.page('scientist');
    const foreign: readonly Readonly<Record<string, string>>[] = [
      {},
      { origin: 'https://evil.example', 'x-catena-console': '1' },
    ];
    for (const headers of foreign) {
      const forged = await page.send('DELETE', path, { own: false, headers });
      assert.deepEqual([forged.status, forged.body['code']], [403, 'console.foreign-request']);
    }
    const form = { 'content-type': 'text/plain', 'x-catena-console': '1', origin: 'http://127.0.0.1:3006' };
    assert.equal((await page.send('POST', path, { body: '{}', own: false, headers: form })).status, 415);
    assert.equal((await page.get(path)).status, 200);
  });

  it('end at a sign-out: the cookie of before opens nothing, here or with a fresh process', async () => {
    const page = await scene.page('scientist');
    const thief = page.copy();
    const out = await page.send('DELETE', path);
    assert.equal(out.status, 204);
    assert.equal(page.cookies.size, 0);
    const late = await thief.get('/console/api/jobs');
    assert.deepEqual([late.status, late.headers.get('set-cookie')], [401, null]);
    const replayed = await thief.get(path);
    assert.deepEqual([replayed.status, replayed.body['code']], [401, 'console.signed-out']);
    assert.match(replayed.headers.get('set-cookie') ?? '', /^catena_console=; .*Max-Age=0/);
  });

  it('end when another person signs in in the same browser', async () => {
    const page = await scene.page('scientist');
    const tab = page.copy();
    const body = { strategy: 'local', username: people.viewer, password: 'a password of the test' };
    assert.equal((await page.send('POST', path, { body })).status, 200);
    assert.equal((await page.get<ConsoleSession>(path)).body.username, people.viewer);
    assert.equal((await tab.get(path)).status, 401);
  });

  it('end within a minute when the person signs out elsewhere, or the account is gone', async () => {
    const page = await scene.page('stranger');
    const users = scene.catalogue.collection('User');
    const user = await users.findOne({ username: people.stranger });
    await users.deleteOne({ username: people.stranger });
    scene.clock.later += minute;
    // catalog-api itself remembers for two seconds who there is; the tokens of the test live for an hour.
    for (let tries = 0; tries < 40 && (await page.get(path)).status === 200; tries += 1) {
      await sleep(500);
      scene.clock.later += minute;
    }
    assert.equal((await page.get(path)).status, 401);
    await users.insertOne(user!);
  });

  it('go on for operators while catalog-api is away, and say since when', async () => {
    const operator = await scene.page('operator');
    const scientist = await scene.page('scientist');
    await scene.gate.shut();
    scene.clock.later += minute;
    try {
      const { body } = await operator.get<ConsoleSession>(path);
      assert.equal(body.stale, true, JSON.stringify(body));
      assert.equal((await operator.get('/console/api/operations/archiver/workers')).status, 200);
      for (const page of [operator, scientist]) {
        const shown = await page.get('/console/api/jobs');
        assert.deepEqual(
          [shown.status, shown.body['code'], shown.body['app']],
          [503, 'console.catalogue-away', 'catalog-api'],
        );
      }
      // Why a job waits is what they want to know then; what the apps say needs no catalogue.
      scene.assembler.answer = () => ({ body: { jobs: { mine: { known: true, facts: [] } }, items: [] } });
      for (const call of ['why', 'parts', 'trail']) {
        const job = `/console/api/jobs/mine/${call}`;
        assert.equal((await operator.get(job)).status, 200, call);
        assert.equal((await scientist.get(job)).body['code'], 'console.catalogue-away', call);
      }
      const denied = await scientist.get('/console/api/operations/archiver/workers');
      assert.equal(denied.status, 403);
      const out = await scientist.send('DELETE', path);
      assert.deepEqual([out.status, out.body, scientist.cookies.size], [200, { told: false }, 0]);
      const nobody = await scene.page();
      const body2 = { strategy: 'local', username: 'user1', password: 'x' };
      assert.equal((await nobody.send('POST', path, { body: body2 })).status, 503);
    } finally {
      await scene.gate.open();
    }
    scene.clock.later += minute;
    assert.equal((await operator.get<ConsoleSession>(path)).body.stale, false);
  });

  it('of an emergency act on apps alone, and leave a line in the log', async () => {
    const page = await scene.page();
    // The first app cannot keep an entry: the next one does.
    scene.assembler.answer = () => ({ status: 503, body: {} });
    const wrong = await page.send('POST', `${path}/emergency`, { body: { token: 'x' } });
    assert.equal(wrong.status, 401);
    const { status, body } = await page.send<ConsoleSession>('POST', `${path}/emergency`, {
      body: { token: emergencyToken },
    });
    assert.deepEqual([status, body.username, body.emergency], [200, 'emergency', true]);
    assert.equal(scene.log.filter((line) => /"msg":"audit: emergency"/.test(line)).length, 1);
    assert.ok(!scene.log.join().includes(emergencyToken));
    const kept = (): TakenCall | undefined =>
      scene.archiver.taken.find(({ url }) => url.endsWith('/audit/emergency'));
    for (let tries = 0; tries < 100 && kept() === undefined; tries += 1) await sleep(50);
    const { method, headers } = kept() ?? assert.fail('no app was told');
    assert.deepEqual(
      [method, ...['for', 'via', 'from'].map((name) => headers[`catena-acting-${name}`])],
      ['POST', 'emergency', 'console', '127.0.0.1'],
    );
    const taken = scene.archiver.taken.length;
    assert.equal((await page.get('/console/api/operations/archiver/workers')).status, 200);
    assert.equal(scene.archiver.taken[taken]?.headers['catena-acting-for'], 'emergency');
    assert.equal((await page.get('/console/api/jobs/x/why')).status, 200);
    for (const call of ['jobs', 'catalogue/jobs/counts'])
      assert.equal((await page.get(`/console/api/${call}`)).body['code'], 'console.emergency-session', call);
  });
});
