import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { datasetInSourceFolder } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Mailbox } from '../support/mailbox.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

describe('A reader without an account', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let admin: ScicatClient;
  let mailbox: Mailbox;

  before(async () => {
    mailbox = await Mailbox.open();
    installation = await Installation.create({ environment: mailbox.environment });
    await installation.start();
    client = await installation.client('demo');
    admin = await installation.client('admin');
  });
  after(async () => {
    await installation.stop(seen.failed);
    await mailbox.close();
  });

  const ask = async (pid: string): Promise<Response> =>
    fetch(`${installation.url}/api/v3/Jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // As SciCat's landing pages post it.
      body: JSON.stringify({
        emailJobInitiator: 'reader@example.org',
        type: 'public',
        jobParams: {},
        datasetList: [{ pid, files: [] }],
      }),
    });

  it('gets the links to published data by mail, and nothing of what is not published', async () => {
    const { pid } = await datasetInSourceFolder(installation, client);
    const { body } = await client.postJob('archive', [pid]);
    await client.jobEnd(String(body['id']));
    assert.equal((await ask(pid)).status, 403);
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}`;
    const published = await admin.call('PATCH', path, { isPublished: true });
    assert.equal(published.status, 200, JSON.stringify(published.body));
    const answer = await ask(pid);
    assert.equal(answer.status, 201, await answer.clone().text());
    const { id } = (await answer.json()) as { id: string };
    assert.equal((await admin.jobEnd(id)).statusCode, 'finishedSuccessful');
    await until(() => Promise.resolve(mailbox.mails.length > 0));
    const [mail, ...others] = mailbox.mails;
    assert.deepEqual([mail?.to, others], [['reader@example.org'], []]);
    const text = mail!.text
      .replaceAll('=\r\n', '')
      .replaceAll('=3D', '=')
      .replaceAll('&amp;', '&')
      .replaceAll('&#x3D;', '=');
    const [, link = ''] = /href="([^"]+)"/.exec(text) ?? [];
    assert.equal((await fetch(link)).status, 200, text);
  });
});
