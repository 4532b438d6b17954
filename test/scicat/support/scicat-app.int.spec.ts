import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScicatApp } from './scicat-app.js';

describe('The app of the conformance suite', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  it('knows each account by its token, and nobody without one', async () => {
    for (const [account, group] of [
      ['admin', 'admin'],
      ['archiveManager', 'archivemanager'],
      ['user1', 'group1'],
    ] as const) {
      const { body } = await app.as(account).get('/api/v3/auth/whoami');
      assert.deepEqual([body['username'], body['currentGroups']], [account, [group]]);
    }
    assert.equal((await app.anonymous.get('/api/v3/auth/whoami')).text, '');
  });
});
