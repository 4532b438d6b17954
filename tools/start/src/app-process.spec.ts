import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePorts } from '../../../test/support/free-ports.js';
import { AppProcess } from './app-process.js';

/** Says that it is ready, and whose it is. */
const program = `
import { createServer } from 'node:http';
const { PORT, SAYS } = process.env;
createServer((_, response) => response.end(JSON.stringify({ status: 'ok', installation: SAYS }))).listen(PORT, '127.0.0.1');
`;

describe('An app that was started', () => {
  let folder: string;
  let app: AppProcess | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-app-process-'));
    await writeFile(join(folder, 'app.mjs'), program);
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => app?.stop());

  async function started(says: string): Promise<AppProcess> {
    const [port] = await freePorts(1);
    app = new AppProcess({
      name: 'app',
      entry: join(folder, 'app.mjs'),
      environment: { PORT: String(port), CATENA_INSTALLATION: 'ours', SAYS: says },
      logFile: join(folder, 'app.log'),
      readyUrl: `http://127.0.0.1:${port}/health`,
    });
    app.start();
    return app;
  }

  it('is ready when it answers for its own installation', async () => {
    await (await started('ours')).whenReady();
  });

  it('is not ready by an answer for another installation', async () => {
    await assert.rejects((await started('theirs')).whenReady(2000), /was not ready/);
  });
});
