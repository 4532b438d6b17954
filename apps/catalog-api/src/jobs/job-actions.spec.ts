import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { mailOptionsFrom } from '#mail';
import type { Logger } from '#observability';
import { selfSigned } from '../../../../test/support/certificates.js';
import { Mailbox } from '../../../../test/support/mailbox.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { JobRecord } from '../persistence/records.js';
import { JobActions } from './job-actions.js';
import { JobTemplates } from './job-templates.js';

describe('The mail of a job', () => {
  const certificate = selfSigned('127.0.0.1');
  const account = { username: 'catena', password: 'the secret' };
  let folder: string;
  let mailbox: Mailbox;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-mail-'));
    await writeFile(join(folder, 'ca.pem'), certificate.certificate);
    await writeFile(join(folder, 'mail.html'), '<p>{{job.id}}</p>');
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => mailbox.close());

  /** @returns what the log says of it */
  async function perform(password: string): Promise<string> {
    mailbox = await Mailbox.open({ certificate, account });
    const mail = mailOptionsFrom({
      ...mailbox.environment,
      ...{ SMTP_USERNAME: account.username, SMTP_PASSWORD: password, SMTP_CA_FILE: join(folder, 'ca.pem') },
    });
    const config = { mail, templateEnvironment: {} } as unknown as CatalogApiConfig;
    const lines: unknown[] = [];
    const logger = { error: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    const action = {
      actionType: 'email',
      ...{ to: 'ada@example.org', subject: 'Job {{job.id}}', bodyTemplateFile: join(folder, 'mail.html') },
    };
    const job = { id: 'j-1', type: 'public' } as JobRecord;
    await new JobActions(new JobTemplates(config), config, logger).perform([action], { request: {}, job });
    return JSON.stringify(lines);
  }

  it('goes through the facility server with its account, encrypted', async () => {
    assert.equal(await perform(account.password), '[]');
    const [mail] = mailbox.mails;
    assert.deepEqual([mail?.username, mail?.encrypted, mail?.to], ['catena', true, ['ada@example.org']]);
    assert.match(mail?.text ?? '', /Subject: Job j-1/);
  });

  it('that does not go out is a line of the log without address and password', async () => {
    const line = await perform('another');
    assert.match(line, /could not send the mail of a job/);
    assert.doesNotMatch(line, /another|ada@/);
  });
});
