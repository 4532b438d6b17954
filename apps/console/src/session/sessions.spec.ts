import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Permission } from '#console-api';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { CatalogClient, Rights } from '../calls/catalog-client.js';
import { OperatedApps } from '../calls/operated-apps.js';
import { catalogueAway, ConsoleError } from '../edge/console-error.js';
import { Emergency } from './emergency.js';
import { Sealer } from './sealer.js';
import { SessionCookie } from './session-cookie.js';
import { Sessions } from './sessions.service.js';
import type { CurrentSession, Session } from './session.js';

const hour = 3_600_000;
const noApps = new OperatedApps([]);
const code = (wanted: string) => (error: unknown) => (error as { code?: unknown }).code === wanted;
const may = (action: Permission['action']): Permission => ({ action, rule: 'operator', reach: 'all' });

describe('Sessions', () => {
  let clock: ManualClock;
  let answer: () => Rights | undefined;
  let asked: number;
  let signedOut: string[];
  let answerOut: () => Promise<void>;
  let sessions: Sessions;
  let cookie: SessionCookie;
  const config = { emergencyToken: 'an emergency token of the test, long enough' };
  const logger = createLogger('test', 'silent');
  const rights = (...permissions: Permission[]): Rights => ({
    username: 'anna',
    groups: ['p1'],
    permissions,
  });

  beforeEach(() => {
    clock = new ManualClock();
    asked = 0;
    signedOut = [];
    answerOut = () => Promise.resolve();
    answer = () => rights(may('operations.read'));
    const catalogue = {
      rightsOf: () => {
        asked += 1;
        return Promise.resolve().then(() => answer());
      },
      signOut: ({ token }: { token: string }) => {
        signedOut.push(token);
        return answerOut();
      },
    } as unknown as CatalogClient;
    const sealer = new Sealer({ secret: 'a secret of the test with enough characters' });
    cookie = new SessionCookie(sealer, clock, { publicUrl: 'http://127.0.0.1/console' });
    sessions = new Sessions(cookie, catalogue, clock, config, logger);
  });

  const begun = (life = hour): Promise<CurrentSession> =>
    sessions.begin('token', clock.now().getTime() + life);

  it('live as long as their token, and eight hours at most', async () => {
    const now = clock.now().getTime();
    assert.equal((await begun(hour)).until, now + hour);
    assert.equal((await begun(24 * hour)).until, now + 8 * hour);
    const session = await begun(hour);
    clock.advance(hour);
    await assert.rejects(sessions.current(session), code('console.signed-out'));
  });

  it('have the rights of the last minute: many at once ask once', async () => {
    const session = await begun();
    answer = () => rights(may('operations.act'));
    clock.advance(59_000);
    assert.deepEqual((await sessions.current(session)).permissions, [may('operations.read')]);
    assert.equal(asked, 1);
    clock.advance(1000);
    const all = await Promise.all([1, 2, 3].map(() => sessions.current(session)));
    for (const { permissions, stale } of all)
      assert.deepEqual([permissions, stale], [[may('operations.act')], false]);
    assert.equal(asked, 2);
  });

  it('go on with the rights that were read last while catalog-api is away, and say so', async () => {
    const session = await begun();
    answer = () => {
      throw catalogueAway();
    };
    clock.advance(60_000);
    const current = await sessions.current(session);
    assert.deepEqual([current.stale, current.permissions], [true, [may('operations.read')]]);
    assert.equal(current.rightsAt, clock.now().getTime() - 60_000);
    await sessions.current(session);
    assert.equal(asked, 2, 'it is left alone for a while');
    answer = () => rights();
    clock.advance(5000);
    assert.equal((await sessions.current(session)).stale, false);
  });

  it('go on for ten minutes while catalog-api is asked too much, and lose their rights then', async () => {
    const session = await begun();
    answer = () => {
      throw new ConsoleError(429, 'catalog.too-many-requests', 'too many');
    };
    clock.advance(600_000 - 1);
    assert.deepEqual((await sessions.current(session)).permissions, [may('operations.read')]);
    clock.advance(5000);
    const current = await sessions.current(session);
    assert.deepEqual([current.stale, current.permissions, current.groups], [true, [], []]);
    answer = () => rights(may('operations.act'));
    clock.advance(5000);
    assert.deepEqual((await sessions.current(session)).permissions, [may('operations.act')]);
  });

  for (const status of [400, 403, 404])
    it(`lose their rights when catalog-api refuses to say them (HTTP ${status})`, async () => {
      const session = await begun();
      answer = () => {
        throw new ConsoleError(status, 'console.app-refused', 'no');
      };
      clock.advance(60_000);
      assert.deepEqual((await sessions.current(session)).permissions, []);
    });

  it('end when catalog-api does not know the token any more', async () => {
    const session = await begun();
    answer = () => undefined;
    clock.advance(60_000);
    await assert.rejects(sessions.current(session), code('console.signed-out'));
    answer = () => rights();
    await assert.rejects(sessions.current(session), code('console.signed-out'), 'for good');
  });

  it('that ended here are over at once, whatever a question under way says', async () => {
    const session = await begun();
    clock.advance(60_000);
    const late = sessions.current(session);
    assert.equal(await sessions.end(session, '127.0.0.1'), true);
    await assert.rejects(late, code('console.signed-out'));
    await assert.rejects(sessions.current(session), code('console.signed-out'));
    assert.deepEqual(signedOut, ['token']);
  });

  it('end when another one takes their place in the browser', async () => {
    const before = await begun();
    const [header] = (await cookie.headerFor(before)).split(';');
    await sessions.replace(header, before, '127.0.0.1');
    await sessions.current(before);
    const next = await sessions.begin('another token', clock.now().getTime() + hour);
    await sessions.replace(header, next, '127.0.0.1');
    await assert.rejects(sessions.current(before), code('console.signed-out'));
    await sessions.current(next);
    assert.deepEqual(signedOut, ['token']);
  });

  it('say when catalog-api could not be told of their end', async () => {
    const session = await begun();
    answerOut = () => Promise.reject(catalogueAway());
    assert.equal(await sessions.end(session, '127.0.0.1'), false);
    await assert.rejects(sessions.current(session), code('console.signed-out'));
  });

  it('of an emergency end with its token, and ask nobody', async () => {
    const given: Session = new Emergency(clock, config, logger, noApps).enter(
      config.emergencyToken,
      '127.0.0.1',
    );
    assert.ok(!JSON.stringify(given).includes(config.emergencyToken));
    assert.equal((await sessions.current(given)).stale, false);
    assert.equal(asked, 0);
    await assert.rejects(sessions.current({ ...given, emergency: 'of another' }), code('console.signed-out'));
    clock.advance(hour);
    await assert.rejects(sessions.current(given), code('console.signed-out'));
  });
});

describe('The emergency token', () => {
  const emergencyToken = 'an emergency token of the test, long enough';
  const logger = createLogger('test', 'silent');

  it('is guessed five times from one network, and taken at any time', () => {
    const clock = new ManualClock();
    const emergency = new Emergency(clock, { emergencyToken }, logger, noApps);
    for (const wrong of ['', 'x', 7, `${emergencyToken} `, undefined])
      assert.throws(() => emergency.enter(wrong, '10.0.0.1'), code('console.sign-in-refused'));
    assert.throws(() => emergency.enter('x', '10.0.0.1'), code('console.too-many-requests'));
    assert.throws(() => emergency.enter('x', '10.0.0.2'), code('console.sign-in-refused'));
    assert.equal(emergency.enter(emergencyToken, '10.0.0.1').username, 'emergency');
    clock.advance(900_000);
    assert.throws(() => emergency.enter('x', '10.0.0.1'), code('console.sign-in-refused'));
  });

  it('opens nothing where none is set', () => {
    const emergency = new Emergency(new ManualClock(), { emergencyToken: undefined }, logger, noApps);
    assert.throws(() => emergency.enter('undefined', '10.0.0.1'), code('console.no-emergency'));
  });

  it('gives what operators may do, without edited messages', () => {
    const { permissions } = new Emergency(new ManualClock(), { emergencyToken }, logger, noApps).enter(
      emergencyToken,
      '::1',
    );
    const names = permissions.map(({ action }) => action);
    assert.ok(names.includes('pause.set') && names.includes('operations.audit'));
    assert.ok(!names.includes('parking-lot.edit') && !names.includes('session.emergency'));
  });
});
