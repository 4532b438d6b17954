import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CuttingProxy } from '#messaging/testing';
import { datasetInLandingZone } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { verdict } from '../support/verdict.js';

const names = ['MONGODB_URI', 'RABBITMQ_URL', 'S3_ENDPOINT'] as const;

describe('The end of an app', () => {
  const seen = verdict();
  let installation: Installation;
  const proxies: CuttingProxy[] = [];

  before(async () => {
    const services: Record<string, string> = {};
    for (const [name, value] of Object.entries(process.env))
      if (/^(MONGODB_|RABBITMQ_|S3_)/.test(name)) services[name] = value ?? '';
    for (const name of names) {
      const proxy = await CuttingProxy.before(services[name] ?? '');
      proxies.push(proxy);
      services[name] = name === 'S3_ENDPOINT' ? proxy.url.replace(/\/$/, '') : proxy.url;
    }
    installation = await Installation.create({ services, environment: { SHUTDOWN_DEADLINE: '6s' } });
    await installation.start();
  });
  after(async () => {
    await installation.stop(seen.failed);
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  it('comes in time though all of its services fall silent in the middle of its work', async () => {
    const client = await installation.client('demo');
    const { pid } = await datasetInLandingZone(installation, client);
    const { status } = await client.postJob('archive', [pid]);
    assert.equal(status, 201);
    for (const proxy of proxies) proxy.silence();
    // Somebody asks for something that only the database knows.
    const asking = client.postJob('archive', [pid]).catch(() => undefined);
    await Promise.all(installation.members.map((name) => installation.apps[name].stop('SIGTERM', 90_000)));
    await asking;
    for (const name of installation.members) {
      const exit = installation.apps[name].exit;
      assert.notEqual(exit?.signal, 'SIGKILL', `${name} had to be killed`);
    }
  });
});
