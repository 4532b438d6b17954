import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const password = 'a password of the test';

/** What one person may cost by listening. */
describe('Event streams', () => {
  let app: ScicatApp;
  const open: AbortController[] = [];

  before(async () => {
    app = await ScicatApp.start({ EVENT_STREAMS_PER_PERSON: '3', EVENT_STREAMS_PER_PROCESS: '5' });
    const job = { type: 'archive', ownerUser: 'user1', ownerGroup: 'group1', statusCode: 'inProgress' };
    await app.collection('Job').insertOne({ _id: 'j-1', id: 'j-1', ...job, updatedAt: new Date() });
  });
  after(async () => {
    for (const controller of open) controller.abort();
    await app.stop();
  });

  const signIn = async (username: string): Promise<ScicatUser> => {
    const { body } = await app.anonymous.post('/api/v3/auth/login', { username, password });
    return new ScicatUser(app.base, String(body['access_token']));
  };
  /** Resolves with the status, and what was heard when the server ended the stream. */
  const listen = async (
    user: ScicatUser,
    path = '/api/v4/jobs/j-1/events',
  ): Promise<{ status: number; ended: Promise<string>; headers: Headers; leave: () => void }> => {
    const controller = new AbortController();
    open.push(controller);
    const response = await fetch(`${app.base}${path}`, {
      headers: { authorization: `Bearer ${String(user.token)}` },
      signal: controller.signal,
    });
    return {
      status: response.status,
      headers: response.headers,
      ended: response.text(),
      leave: () => controller.abort(),
    };
  };
  const connections = async (): Promise<unknown> =>
    (await app.as('admin').get('/api/v3/events/connections')).body['connections'];
  const leaveAll = async (): Promise<void> => {
    for (const controller of open.splice(0)) controller.abort();
    await until(async () => (await connections()) === 0);
  };
  const hushed = (streams: readonly { ended: Promise<string> }[]): void => {
    for (const { ended } of streams) ended.catch(() => undefined);
  };

  it('of one person are limited over both kinds, with a clear 429, and free again when they close', async () => {
    const user = app.as('user1');
    const { body } = await user.post('/api/v3/events/ticket');
    const streams = [
      await listen(user),
      await listen(user),
      await listen(user, `/api/v3/events/stream?ticket=${String(body['ticket'])}`),
    ];
    hushed(streams);
    assert.deepEqual(
      streams.map(({ status }) => status),
      [200, 200, 200],
    );
    const refused = await listen(user);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.match(await refused.ended, /3 event streams of yours are open/);
    const next = String((await user.post('/api/v3/events/ticket')).body['ticket']);
    assert.equal((await listen(user, `/api/v3/events/stream?ticket=${next}`)).status, 429);
    const others = [await listen(app.as('admin')), await listen(app.as('admin'))];
    hushed(others);
    const full = await listen(app.as('admin'));
    assert.equal(full.status, 429);
    assert.match(await full.ended, /takes no more/);
    await leaveAll();
    const again = await listen(user);
    hushed([again]);
    assert.equal(again.status, 200);
    await leaveAll();
  });

  it('end when their token is signed out, and when the password is changed with another', async () => {
    const leaving = await signIn('user1');
    const stream = await listen(leaving);
    assert.equal(stream.status, 200);
    await leaving.post('/api/v3/auth/logout');
    assert.match(await stream.ended, /event: status/);
    const user = await signIn('user1');
    const { body } = await user.post('/api/v3/events/ticket');
    const second = await listen(user, `/api/v3/events/stream?ticket=${String(body['ticket'])}`);
    const wanted = { newPassword: password, confirmPassword: password };
    const elsewhere = await signIn('user1');
    const change = await elsewhere.post('/api/v3/users/password', { currentPassword: password, ...wanted });
    assert.equal(change.status, 200);
    assert.match(await second.ended, /event: connected/);
  });

  it('end when the job becomes the business of others', async () => {
    const stream = await listen(await signIn('user1'));
    assert.equal(stream.status, 200);
    const jobs = app.collection('Job');
    await jobs.updateOne(
      { _id: 'j-1' },
      { $set: { ownerUser: 'user2', ownerGroup: 'group2', statusMessage: 'secret' } },
    );
    assert.ok(!(await stream.ended).includes('secret'));
  });
});
