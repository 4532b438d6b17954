import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toDataciteAttributes } from '#datacite';
import { FakeDatacite } from './fake-datacite.js';

/** publication.md §4.1–§4.4: the fake is as strict as the original, or what is tested with it proves nothing. */
describe('The fake DataCite', () => {
  const account = { username: 'DEMO', password: 'secret', prefix: '10.5072' };
  const fake = new FakeDatacite(account);
  before(() => fake.listen());
  after(() => fake.stop());

  const attributes = toDataciteAttributes(
    {
      doi: '10.5072/a',
      creators: [{ name: 'Lovelace, Ada' }],
      titles: [{ title: 'T' }],
      publisher: { name: 'P' },
      publicationYear: 2026,
      types: { resourceTypeGeneral: 'Dataset' },
    },
    { url: 'https://data.example.org/a' },
  );
  const call = async (
    method: string,
    doi: string,
    given?: object,
    more: Record<string, string> = {},
  ): Promise<{ status: number; state?: string; errors?: { title: string; source?: string }[] }> => {
    const response = await fetch(`${fake.url}/dois${doi === '' ? '' : `/${encodeURIComponent(doi)}`}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`,
        'content-type': 'application/vnd.api+json',
        ...more,
      },
      ...(given === undefined ? {} : { body: JSON.stringify({ data: { type: 'dois', attributes: given } }) }),
    });
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as {
      data?: { attributes: { state: string } };
      errors?: { title: string; source?: string }[];
    };
    return {
      status: response.status,
      ...(body.data === undefined ? {} : { state: body.data.attributes.state }),
      ...(body.errors === undefined ? {} : { errors: body.errors }),
    };
  };

  it('goes from draft over registered to findable, and ignores what is not allowed without a word', async () => {
    assert.deepEqual(await call('PUT', '10.5072/a', { titles: [] }), { status: 201, state: 'draft' });
    assert.equal((await call('PUT', '10.5072/a', { event: 'hide' })).state, 'draft');
    assert.deepEqual(await call('PUT', '10.5072/a', { ...attributes, event: 'register' }), {
      status: 200,
      state: 'registered',
    });
    assert.equal((await call('PUT', '10.5072/a', { event: 'publish' })).state, 'findable');
    assert.equal((await call('PUT', '10.5072/a', { event: 'register' })).state, 'findable');
    assert.equal((await call('PUT', '10.5072/a', { event: 'hide' })).state, 'registered');
    assert.equal((await call('DELETE', '10.5072/a')).status, 405);
  });

  it('takes a second POST for what it is', async () => {
    assert.equal((await call('POST', '', { doi: '10.5072/b' })).status, 201);
    const again = await call('POST', '', { doi: '10.5072/B' });
    assert.equal(again.status, 422);
    assert.equal(again.errors?.[0]?.title, 'This DOI has already been taken');
    assert.equal((await call('DELETE', '10.5072/b')).status, 204);
  });

  it('checks metadata when a DOI leaves the draft, and after that', async () => {
    const { creators: _, ...without } = attributes;
    const refused = await call('PUT', '10.5072/c', { ...without, event: 'publish' });
    assert.deepEqual([refused.status, refused.errors?.[0]?.source], [422, 'creators']);
    assert.equal((await call('PUT', '10.5072/c', { ...attributes, event: 'publish' })).state, 'findable');
    assert.equal((await call('PUT', '10.5072/c', { publicationYear: 'soon' })).status, 422);
    assert.equal((await call('PUT', '10.5072/c', { types: { resourceTypeGeneral: 'dataset' } })).status, 422);
  });

  it('lets only its account write its prefix, in the right form', async () => {
    assert.equal((await call('PUT', '10.9999/a', attributes)).status, 403);
    assert.equal((await call('PUT', '10.5072/d', attributes, { authorization: 'Basic x' })).status, 401);
    assert.equal((await call('PUT', '10.5072/d', attributes, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await call('PUT', '10.5072/d e', attributes)).status, 422);
    assert.equal((await call('GET', '10.5072/d')).status, 404);
  });

  it('breaks as it was told, once', async () => {
    fake.order('PUT', 'lose-answer');
    await assert.rejects(call('PUT', '10.5072/e', attributes));
    assert.equal(fake.get('10.5072/e')?.state, 'draft', 'it was done all the same');
    fake.order('PUT', 'fail');
    assert.equal((await call('PUT', '10.5072/f', attributes)).status, 500);
    assert.equal(fake.get('10.5072/f'), undefined);
    assert.equal((await call('PUT', '10.5072/f', attributes)).status, 201);
  });

  it('asks to slow down beyond its rate', async () => {
    const slow = new FakeDatacite({ ...account, rate: 2 });
    await slow.listen();
    const statuses = [];
    for (let index = 0; index < 3; index += 1) {
      const response = await fetch(`${slow.url}/dois/10.5072%2Fx`);
      statuses.push(response.status);
      if (response.status === 429) assert.ok(response.headers.get('retry-after'));
    }
    assert.deepEqual(statuses, [404, 404, 429]);
    await slow.stop();
  });

  it('outlives addresses that are none, and callers that go away in the middle', async () => {
    await assert.rejects(fetch(`${fake.url}/dois/%`));
    const given = new AbortController();
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode('{'));
        setTimeout(() => given.abort(), 50);
      },
    });
    const init = { method: 'PUT', body, duplex: 'half', signal: given.signal } as RequestInit;
    await assert.rejects(fetch(`${fake.url}/dois/10.5072%2Fb`, init));
    assert.equal((await fetch(`${fake.url}/heartbeat`)).status, 200);
  });
});
