import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const password = 'a password of the test';

/** §3.2 of the contract: where groups come from; and what several processes on one database know of each other. */
describe('Groups of a facility service', () => {
  let app: ScicatApp;
  let folder: string;
  let service: Server;
  let groups: unknown = ['from-service', ' ', 5];
  const asked: { query: string; authorization: string | undefined }[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-groups-'));
    const handler = join(folder, 'handler.mjs');
    await writeFile(
      handler,
      `export const query = 'query { user(id: "{{userId}}") { groups } }';
       export const responseProcessor = (answer) => answer.data.groups;`,
    );
    service = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        const { query } = JSON.parse(text) as { query: string };
        asked.push({ query, authorization: request.headers.authorization });
        response.writeHead(groups === undefined ? 500 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ data: { groups } }));
      });
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    app = await ScicatApp.start({
      ACCESS_GROUPS_GRAPHQL_ENABLED: 'true',
      ACCESS_GROUP_SERVICE_API_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
      ACCESS_GROUP_SERVICE_TOKEN: 'token of the service',
      ACCESS_GROUP_SERVICE_HANDLER: handler,
      ACCESS_GROUPS_STATIC_VALUES: 'facility',
    });
  });
  after(async () => {
    await app.stop();
    service.closeAllConnections();
    service.close();
    await rm(folder, { recursive: true });
  });

  const signIn = async (username: string, base = app.base): Promise<ScicatUser> => {
    const { body } = await new ScicatUser(base).post('/api/v3/auth/login', { username, password });
    return new ScicatUser(base, String(body['access_token']));
  };
  const groupsOf = async (user: ScicatUser): Promise<string[]> =>
    (await user.get<{ currentGroups: string[] }>('/api/v3/auth/whoami')).body.currentGroups.sort();

  it('are added to roles and fixed groups at each sign-in, blanks dropped', async () => {
    assert.deepEqual(await groupsOf(await signIn('user1')), ['facility', 'from-service', 'group1']);
    const last = asked.at(-1);
    assert.equal(last?.query, 'query { user(id: "user1") { groups } }');
    assert.equal(last?.authorization, 'Bearer token of the service');
  });

  it('go with the next sign-in when the service no longer names them', async () => {
    groups = [];
    assert.deepEqual(await groupsOf(await signIn('user1')), ['facility', 'group1']);
  });

  it('stay as they were while the service cannot say, and the sign-in works', async () => {
    groups = ['kept'];
    await signIn('user2');
    groups = undefined;
    assert.deepEqual(await groupsOf(await signIn('user2')), ['facility', 'group2', 'kept']);
    groups = 'no list';
    assert.deepEqual(await groupsOf(await signIn('user2')), ['facility', 'group2', 'kept']);
  });

  it('F15: a sign-out at one process counts at every other within two seconds', async () => {
    groups = [];
    const name = app.get(MongoConnection).connection.name;
    const uri = new URL(process.env['MONGODB_URI']!);
    uri.pathname = `/${name}`;
    const other = await ScicatApp.start({ MONGODB_URI: uri.toString() });
    try {
      const here = await signIn('user1');
      const there = new ScicatUser(other.base, here.token);
      assert.equal((await there.get('/api/v3/users/my/self')).status, 200);
      await here.post('/api/v3/auth/logout');
      await sleep(2100);
      assert.equal((await there.get('/api/v3/users/my/self')).status, 401);
    } finally {
      await other.stop();
    }
  });
});
