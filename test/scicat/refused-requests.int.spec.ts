import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { createDataset, createSample, proposal } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const limit = 200 * 1024;

/** Issue 12: what cannot be done is said, in SciCat's form, to every client. */
describe('Requests that cannot be answered', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ MAX_FILE_UPLOAD_SIZE: '200kb' });
  });
  after(() => app.stop());

  it('operators that are not served are refused by their name, in conditions of every kind', async () => {
    for (const operator of ['neq', 'eq', 'between', 'regexp', 'nlike', 'exists']) {
      const condition = { size: { [operator]: 5 } };
      for (const [path, query] of [
        ['/api/v3/datasets', { filter: { where: condition } }],
        ['/api/v3/datasets', { filter: { where: { or: [{ and: [condition] }] } } }],
        ['/api/v3/datasets/count', { filter: { where: condition } }],
        [
          '/api/v3/datasets',
          { filter: { include: [{ relation: 'datablocks', scope: { where: condition } }] } },
        ],
        ['/api/v3/datasets/fullquery', { fields: condition }],
        ['/api/v3/datasets/fullquery', { fields: { mode: condition } }],
        ['/api/v4/datasets', { filter: { where: condition } }],
        ['/api/v3/publisheddata', { filter: { where: { title: { [operator]: 'x' } } } }],
        ['/api/v3/samples', { filter: { where: { type: { [operator]: 'x' } } } }],
      ] as const) {
        const { status, text } = await app.as('admin').get(path, query);
        assert.equal(status, 400, `${path} ${JSON.stringify(query)}: ${text}`);
        assert.match(text, new RegExp(operator));
      }
    }
  });

  it('malformed JSON is answered with the object that all errors have', async () => {
    for (const [path, method] of [
      ['/api/v3/datasets', 'POST'],
      ['/api/v4/datasets', 'POST'],
      ['/api/v3/jobs', 'POST'],
      ['/api/v3/datasets/x', 'PATCH'],
      ['/api/v3/auth/login', 'POST'],
    ] as const)
      for (const text of ['{', '{"a": }', 'soon', '{"__proto__": 1}']) {
        const { status, body } = await app.as('admin').send<Fields>(method, path, text);
        assert.equal(status, 400, `${path} ${text}: ${JSON.stringify(body)}`);
        assert.deepEqual([body['error'], body['statusCode']], ['Bad Request', 400], `${path} ${text}`);
        assert.equal(typeof body['message'], 'string');
      }
  });

  it('a number that would be infinite is refused with its path, by every resource', async () => {
    for (const [path, method, text, name] of [
      [
        '/api/v3/datasets',
        'POST',
        '{"scientificMetadata":{"a":[1,{"value":1e400}]}}',
        'scientificMetadata.a[1].value',
      ],
      ['/api/v4/datasets', 'POST', '{"size":-1E+309}', 'size'],
      ['/api/v4/datasets/x', 'PATCH', '{"scientificMetadata":{"a":1e400}}', 'scientificMetadata.a'],
      ['/api/v3/samples', 'POST', '{"sampleCharacteristics":{"a":1e400}}', 'sampleCharacteristics.a'],
      ['/api/v3/jobs', 'POST', '{"jobParams":{"n":1e400}}', 'jobParams.n'],
    ] as const) {
      const { status, body } = await app.as('admin').send<Fields>(method, path, text);
      assert.equal(status, 400, `${path}: ${JSON.stringify(body)}`);
      assert.ok(String(body['message']).startsWith(`${name} is `), String(body['message']));
    }
  });

  it('a number as text that would be infinite stays a text, with a unit too', async () => {
    const pid = await createDataset(app.as('user1'), {
      scientificMetadata: { far: { value: '1e400', unit: 'mm' } },
    });
    const { body } = await app.as('user1').get(pathOf(pid));
    assert.deepEqual(body['scientificMetadata'], { far: { value: '1e400', unit: 'mm' } });
  });

  it('two keys of metadata that would be stored alike are refused, naming both, by every resource', async () => {
    const alike = { inner: { 'a b': 1, 'a%20b': 2 } };
    const pid = await createDataset(app.as('user1'));
    await createSample(app.as('user1'), { sampleId: 'alike' });
    for (const [path, method, body] of [
      ['/api/v3/datasets', 'POST', rawDataset({ scientificMetadata: alike })],
      ['/api/v4/datasets', 'POST', v4Dataset({ scientificMetadata: alike })],
      [pathOf(pid), 'PATCH', { scientificMetadata: alike }],
      [pathOf(pid, 'v4'), 'PATCH', { scientificMetadata: alike }],
      ['/api/v3/samples', 'POST', { ownerGroup: 'group1', sampleCharacteristics: alike }],
      ['/api/v3/samples/alike', 'PATCH', { sampleCharacteristics: alike }],
      ['/api/v3/proposals', 'POST', proposal('alike', { metadata: alike })],
      ['/api/v3/instruments', 'POST', { name: 'I', uniqueName: 'alike', customMetadata: alike }],
    ] as const) {
      const { status, text } = await app.as('admin').send(method, path, body);
      assert.equal(status, 400, `${method} ${path}: ${text}`);
      assert.ok(text.includes('a b') && text.includes('a%20b'), text);
    }
  });

  it('a merge patch means the key that is there, whichever way it is written', async () => {
    const pid = await createDataset(app.as('user1'), { scientificMetadata: { 'a.b': 1, kept: 2, 'c d': 3 } });
    const { status, text } = await app
      .as('user1')
      .patch(
        pathOf(pid, 'v4'),
        { scientificMetadata: { 'a.b': 5, 'c d': null } },
        { 'content-type': 'application/merge-patch+json' },
      );
    assert.equal(status, 200, text);
    const { body } = await app.as('user1').get(pathOf(pid));
    assert.deepEqual(body['scientificMetadata'], { 'a.b': 5, kept: 2 });
  });

  it('a body that is packed is refused as of a type that is not read', async () => {
    const packed = gzipSync(JSON.stringify(rawDataset()));
    const response = await fetch(`${app.base}/api/v3/datasets`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: `Bearer ${app.as('admin').token}`,
      },
      body: packed,
    });
    assert.equal(response.status, 415);
    const body = (await response.json()) as Fields;
    assert.deepEqual([body['error'], body['statusCode']], ['Unsupported Media Type', 415]);
    assert.match(String(body['message']), /gzip/);
  });

  for (const chunked of [false, true])
    it(`a body that is too large is answered with 413, ${chunked ? 'in chunks' : 'with its length'}`, async () => {
      for (const size of [limit + 1, 40 * limit]) {
        const { status, text } = await posted(size, chunked);
        assert.equal(status, 413, text);
        assert.equal((JSON.parse(text) as Fields)['statusCode'], 413);
      }
    });

  /** As clients do it that send all of the body before they look at the answer. */
  function posted(size: number, chunked: boolean): Promise<{ status: number | undefined; text: string }> {
    const { port, hostname } = new URL(app.base);
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${app.as('admin').token}`,
        ...(chunked ? {} : { 'content-length': size }),
      };
      const call = request({ hostname, port, path: '/api/v3/datasets', method: 'POST', headers });
      call.on('error', reject);
      let sent = false;
      call.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          if (sent) resolve({ status: answer.statusCode, text });
          else call.once('finish', () => resolve({ status: answer.statusCode, text }));
        });
      });
      const part = Buffer.alloc(50_000, 0x20);
      const write = (left: number): void => {
        if (left <= 0) return void call.end(() => (sent = true));
        call.write(part.subarray(0, left), () => write(left - part.length));
      };
      write(size);
    });
  }
});
