import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { actions, type Permission } from '#console-api';
import { ManualClock } from '#kernel';
import { Sealer } from './sealer.js';
import { SessionCookie } from './session-cookie.js';
import type { Session } from './session.js';

const secret = 'a secret of the test with enough characters';
const clock = new ManualClock();
const hour = 3_600_000;
const cookieWith = (publicUrl = 'https://site.example/console', own = secret): SessionCookie =>
  new SessionCookie(new Sealer({ secret: own }), clock, { publicUrl });
/** As catalog-api makes them: three parts, the longest with ids, name and e-mail address. */
const token = ['x'.repeat(36), 'y'.repeat(330), 'z'.repeat(43)].join('.');
const permissions: readonly Permission[] = actions.map((action) => ({
  action,
  rule: 'operator',
  reach: 'all',
}));
const sessionOf = (more: Partial<Session> = {}): Session => ({
  ...{ token, username: 'anna', groups: ['group one'], permissions, rightsAt: clock.now().getTime() },
  ...{ until: clock.now().getTime() + hour, ...more },
});
const sentBack = (header: string): string => header.split(';')[0]!;
/** Of no pattern, so that nothing compresses them. */
const oddGroups = Array.from({ length: 200 }, (_, index) =>
  createHash('sha256').update(`group ${index}`).digest('base64url').slice(0, 24),
);

describe('The cookie of a session', () => {
  it('comes back as it was, and shows nothing of it', async () => {
    const header = await cookieWith().headerFor(sessionOf());
    for (const word of [token, 'anna', 'group one', 'operator']) assert.ok(!header.includes(word), word);
    const { emergency: _, ...found } =
      (await cookieWith().sessionIn(sentBack(header))) ?? assert.fail('none');
    assert.deepEqual(found, sessionOf());
  });

  it('belongs to one host by TLS, and to no script', async () => {
    const header = await cookieWith().headerFor(sessionOf());
    assert.match(
      header,
      /^__Host-catena_console=[^;]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure$/,
    );
    const plain = await cookieWith('http://127.0.0.1:3006/console').headerFor(sessionOf());
    assert.match(plain, /^catena_console=[^;]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Strict$/);
    assert.equal(await cookieWith().sessionIn(sentBack(plain)), undefined, 'of another name');
  });

  it('is nothing when another secret sealed it, when it was changed, or when it is over', async () => {
    const header = sentBack(await cookieWith().headerFor(sessionOf()));
    assert.equal(await cookieWith(undefined, `${secret}!`).sessionIn(header), undefined);
    const at = header.length - 30;
    const changed = header.slice(0, at) + (header[at] === 'A' ? 'B' : 'A') + header.slice(at + 1);
    assert.equal(await cookieWith().sessionIn(changed), undefined);
    const over = await cookieWith().headerFor(sessionOf({ until: clock.now().getTime() }));
    assert.equal(await cookieWith().sessionIn(sentBack(over)), undefined);
    for (const none of [
      undefined,
      '',
      'other=1',
      '__Host-catena_console=',
      '__Host-catena_console=a.b.c.d.e',
    ])
      assert.equal(await cookieWith().sessionIn(none), undefined);
  });

  it('is none of a sign-in under way, sealed with the same secret', async () => {
    const sealed = await new Sealer({ secret }).seal('sign-in', sessionOf());
    assert.equal(await cookieWith().sessionIn(`__Host-catena_console=${sealed}`), undefined);
  });

  it('fits into a browser with two hundred groups, and keeps them', async () => {
    const groups = Array.from({ length: 200 }, (_, index) => `p${18_000 + 7 * index}`);
    const header = await cookieWith().headerFor(sessionOf({ groups }));
    assert.ok(header.length <= 4096, `${header.length} bytes`);
    assert.deepEqual((await cookieWith().sessionIn(sentBack(header)))?.groups, groups);
  });

  it('is set anew when the rights in it are others, and else left alone', async () => {
    for (const groups of [['p1'], oddGroups]) {
      const cookies = sentBack(await cookieWith().headerFor(sessionOf({ groups })));
      const later = { groups, rightsAt: clock.now().getTime() + 60_000 };
      assert.equal(await cookieWith().headerIfChanged(sessionOf(later), cookies), undefined);
      const fewer = sessionOf({ ...later, permissions: permissions.slice(1) });
      const anew = await cookieWith().headerIfChanged(fewer, cookies);
      assert.deepEqual(
        (await cookieWith().sessionIn(sentBack(anew ?? '')))?.permissions,
        permissions.slice(1),
      );
    }
  });

  it('leaves groups out that it has no room for, and then what is permitted for own records', async () => {
    const header = await cookieWith().headerFor(sessionOf({ groups: oddGroups }));
    assert.ok(header.length <= 4096, `${header.length} bytes`);
    const found = await cookieWith().sessionIn(sentBack(header));
    assert.deepEqual([found?.groups, found?.permissions], [[], permissions]);
    const own: Permission = { action: 'job.cancel', rule: 'x', reach: 'own', jobTypes: oddGroups };
    const more = await cookieWith().headerFor(sessionOf({ permissions: [...permissions, own] }));
    assert.ok(more.length <= 4096, `${more.length} bytes`);
    assert.deepEqual((await cookieWith().sessionIn(sentBack(more)))?.permissions, permissions);
  });
});
