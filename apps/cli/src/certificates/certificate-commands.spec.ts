import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { publishedKey, signCertificate } from '#certificates';
import { sampleCertificate, sampleDatablock, testKey } from '#certificates/testing';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';
import { certificate, type CertificateOptions } from './certificate-commands.js';

describe('catena certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catena-certificates-'));
  const key = testKey();
  const signed = signCertificate(sampleCertificate('20.500/1'), key);
  const page = `<!doctype html><pre id="catena-certificate">${JSON.stringify(signed).replaceAll('"', '&quot;')}</pre>`;
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const keys = file('keys.json', { keys: [publishedKey(key.x)] });
  let asked: string[] = [];
  /** What the server answers instead of the page, and of the key. */
  let [shownPage, shownKey] = [page, {}];
  let server: Server;
  let url = '';

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers.authorization ?? 'nobody'}`);
      if (request.url === '/api/v4/certificates/keys')
        return response.end(JSON.stringify({ keys: [{ ...publishedKey(key.x), ...shownKey }] }));
      const wantsPage = request.url?.endsWith('?format=html') === true;
      return response.end(wantsPage ? shownPage : JSON.stringify(signed));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void ([shownPage, shownKey] = [page, {}]));
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const run = (pid: string | undefined, options: CertificateOptions) => {
    asked = [];
    const { signal } = new AbortController();
    const context = {
      ...{ environment: { HOME: folder, CATENA_URL: url }, signal },
      settings: () => Promise.resolve({ profile: 'default' }),
      client: () => Promise.resolve(new HttpClient({ url, token: 't' }, signal)),
    } as unknown as CommandContext;
    return certificate(context, pid, options);
  };

  it('says of a file, JSON or page, that it is valid, and what it certifies, without asking any server', async () => {
    for (const check of [file('c.json', signed), file('c.html', page)]) {
      const { outcome, lines } = await run(undefined, { check, keys });
      assert.equal(outcome, 'done');
      assert.match(lines[0] ?? '', /^VALID: signed with the key /);
      for (const fact of ['20.500/1', 'The facility', '20.500/1/job/0.tar', 'a'.repeat(64), 'tape'])
        assert.ok(lines.join('\n').includes(fact), fact);
      assert.equal(
        lines.some((line) => /was not checked/.test(line)),
        check.endsWith('.html'),
      );
    }
    assert.deepEqual(asked, []);
  });

  it('says that it is not, and why', async () => {
    const foreign = signCertificate(sampleCertificate('20.500/1'), testKey());
    for (const [content, reason] of [
      [foreign, /^NOT VALID: .*none of the 1 known ones/],
      [{ ...signed, payload: foreign.payload.slice(4) }, /^NOT VALID: .*signature/],
      [page.replace('catena-certificate', 'something-else'), /^NOT VALID: there is no certificate in /],
      ['', /^NOT VALID: there is no certificate in /],
    ] as const) {
      const { outcome, lines, document } = await run(undefined, { check: file('forged', content), keys });
      assert.equal(outcome, 'failed');
      assert.match(lines.join(), reason);
      assert.equal((document as { valid: boolean }).valid, false);
    }
  });

  it('asks the server for its keys where none are named, as nobody, and keeps them for later', async () => {
    assert.equal((await run(undefined, { check: file('c.json', signed) })).outcome, 'done');
    assert.deepEqual(asked, ['/api/v4/certificates/keys nobody']);
    const saveKeys = join(folder, 'saved.json');
    await run(undefined, { saveKeys });
    assert.equal((await run(undefined, { check: file('c.json', signed), keys: saveKeys })).outcome, 'done');
  });

  it('fetches one, checks it, and writes what it got', async () => {
    const [json, html] = [join(folder, 'o.json'), join(folder, 'o.html')];
    const { lines } = await run('20.500/1', { output: json });
    assert.equal(lines.at(-1), json);
    assert.deepEqual(JSON.parse(readFileSync(json, 'utf8')), signed);
    assert.ok(asked.includes('/api/v4/datasets/20.500%2F1/certificate Bearer t'));
    await run('20.500/1', { html: true, output: html });
    assert.equal(readFileSync(html, 'utf8'), page);
    assert.deepEqual((await run('20.500/1', { html: true })).lines, [page]);
    const others = file('others.json', { keys: [publishedKey(testKey().x)] });
    await assert.rejects(run('20.500/1', { keys: others }), { code: 'cli.failed' });
  });

  it('checks the certificate in the page itself, whether it writes or shows it', async () => {
    const pageWith = (content: unknown): string =>
      `<pre id="catena-certificate">${JSON.stringify(content).replaceAll('"', '&quot;')}</pre>`;
    const foreign = signCertificate(sampleCertificate('20.500/1'), testKey());
    const another = signCertificate(sampleCertificate('20.500/2'), key);
    const html = join(folder, 'bad.html');
    for (const [content, reason] of [
      [pageWith(another), /Expected the certificate of 20\.500\/1, found one of 20\.500\/2/],
      [pageWith(foreign), /is not valid: .*none of the 1 known ones/],
      [pageWith({ ...signed, payload: another.payload }), /is not valid: .*signature/],
      ['<p>Certificate of archival</p>', /is not valid: there is no certificate/],
    ] as const)
      for (const options of [{ html: true }, { html: true, output: html }]) {
        shownPage = content;
        await assert.rejects(run('20.500/1', options), { code: 'cli.failed', message: reason });
        assert.equal(existsSync(html), false);
      }
  });

  it('says of one whose key was revoked that it is not valid, and names a copy without a place by its number', async () => {
    const copies = [{ target: 'copy 1', verifiedAt: '2026-01-01T00:00:00.000Z' }];
    const numbered = signCertificate(sampleCertificate('p', [sampleDatablock('a', { copies })]), key);
    const check = file('numbered.json', numbered);
    const { lines } = await run(undefined, { check, keys });
    assert.ok(lines.includes('  copy 1, last read and compared 2026-01-01T00:00:00.000Z'), lines.join('\n'));
    shownKey = { revokedAt: '2026-05-01T00:00:00.000Z' };
    const revoked = await run(undefined, { check });
    assert.equal(revoked.outcome, 'failed');
    assert.match(revoked.lines[0] ?? '', /^NOT VALID: .*was revoked on 2026-05-01/);
  });

  it('wants one thing at a time, files that are there, and keys that are keys', async () => {
    const check = file('c.json', signed);
    for (const [pid, options] of [
      [undefined, {}],
      ['p', { check }],
      [undefined, { check, saveKeys: 'x' }],
      [undefined, { check: join(folder, 'none'), keys }],
      [undefined, { check, keys: join(folder, 'none') }],
      [undefined, { check, keys: file('rubbish', 'rubbish') }],
      [
        undefined,
        { check, keys: file('swapped', { keys: [{ ...publishedKey(testKey().x), kid: key.kid }] }) },
      ],
      [undefined, { check, keys: file('empty', { keys: [] }) }],
    ] as const)
      await assert.rejects(run(pid, options), { code: 'cli.usage' }, JSON.stringify(options));
  });
});
