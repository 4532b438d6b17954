import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#messaging/testing';
import { Gate } from '../console/support/gate.js';
import { ConsolePeople, operatorPages } from '../support/browser/console-people.js';
import { OpenPage } from '../support/browser/open-page.js';
import { Installation } from '../support/installation.js';
import type { Operations } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** console.md 6.12, rows 11 and 14: what people see while a part of it is away, and afterwards. */
describe('The console, while something is away', () => {
  const seen = verdict();
  let installation: Installation;
  let people: ConsolePeople;
  let demo: ScicatClient;
  let operations: Operations;

  before(async () => {
    installation = await Installation.create({ console: true });
    await installation.start();
    people = await ConsolePeople.before(installation);
    ({ demo, operations } = people);
  });
  after(async () => {
    await people.stop();
    await installation.stop(seen.failed, true);
  });

  it('comes back by itself after it was started anew, and misses nothing (11)', async () => {
    const hold = await people.pause();
    const id = await people.newJob();
    const open = await people.signedIn('demo', `/console/jobs/${id}`);
    await open.says(/paused/i);
    const { console: app } = installation.apps;
    await app.stop();
    await people.resume(hold);
    await demo.jobEnd(id);
    app.start();
    await app.whenReady();
    await until(async () => !/paused/i.test((await open.text()).split('What happened')[0] ?? ''));
    await open.says(/Finished|finishedSuccessful|Done/);
    await open.close();
  });

  it('misses nothing behind a proxy that cuts its stream again and again (11)', async () => {
    const hold = await people.pause();
    const id = await people.newJob();
    const gate = await Gate.before(Number(new URL(people.base).port));
    const direct = await people.signedIn('demo');
    const { cookies } = await direct.page.context().storageState();
    await direct.close();
    const open = await OpenPage.of(people.browser, gate.url, { storageState: { cookies, origins: [] } });
    await open.go(`/console/jobs/${id}`);
    await open.says(/paused/i);
    const before = gate.count;
    const cutting = setInterval(() => gate.cut(), 4000);
    for (const priority of [0, 2, 1]) {
      const body = { priority, reason: `turn ${priority} of the test` };
      await operations.good('job-assembler', `jobs/${id}/priority`, { method: 'PUT', body });
      await sleep(3000);
    }
    await people.resume(hold);
    await demo.jobEnd(id);
    const { body: history } = await demo.call<{ reason?: string; statusMessage: string }[]>(
      'GET',
      `/api/v4/jobs/${id}/history`,
    );
    const said = history.map(({ reason, statusMessage }) => reason ?? statusMessage);
    assert.ok(said.filter((text) => text.startsWith('turn ')).length === 3, said.join());
    const timeline = open.page.locator('aside');
    await until(async () => {
      const text = ((await timeline.textContent()) ?? '').replaceAll('\u00a0', ' ');
      return said.every((one) => text.includes(one));
    });
    clearInterval(cutting);
    assert.ok(gate.count - before >= 3, 'its stream was cut, and came back');
    open.isQuiet('cut streams');
    await open.close();
    await gate.shut();
  });

  for (const name of ['job-assembler', 'archiver'] as const)
    it(`shows what the others say while ${name} is away, on each page (14)`, async () => {
      const hold = name === 'archiver' ? await people.pause() : undefined;
      const id = await people.newJob();
      const open = await people.signedIn('admin');
      const app = installation.apps[name];
      await app.stop();
      for (const path of ['', '/jobs', `/jobs/${id}`, ...operatorPages]) {
        await open.go(`/console${path}`);
        await open.page.locator('main h1').waitFor();
        await until(async () => (await open.page.locator('main .skeleton').count()) === 0);
        await until(async () => (await open.text()).includes(name));
        open.isQuiet(`${path} without ${name}`);
      }
      app.start();
      await app.whenReady();
      if (hold !== undefined) await people.resume(hold);
      await demo.jobEnd(id);
      await until(async () => !(await open.text()).includes(`${name} does not answer`)).catch(async () =>
        assert.fail(`expected that ${name} answers again, found ${await open.text()}`),
      );
      await open.close();
    });

  it('opens while the catalogue is away: operators go on, and what is missing is said (14)', async () => {
    const open = await people.signedIn('archiveManager');
    const { 'catalog-api': catalogue } = installation.apps;
    await catalogue.stop();
    await open.go('/console/messages');
    await open.page.locator('main h1').waitFor();
    await until(async () => /catalog-api/.test(await open.text()));
    await open.go('/console');
    await open.page.locator('main h1').waitFor();
    await until(async () => /does not answer/.test(await open.text()));
    await open.isSound('without the catalogue');
    catalogue.start();
    await catalogue.whenReady();
    await open.go('/console/jobs');
    await until(async () => (await open.page.locator('main a[href*="/console/jobs/"]').count()) > 0);
    await open.close();
  });
});
