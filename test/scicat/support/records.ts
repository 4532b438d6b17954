import assert from 'node:assert/strict';
import type { ScicatUser } from './scicat-user.js';

type Fields = Record<string, unknown>;

/** A dataset as v3 clients make it, of group1 unless `more` says otherwise. */
export async function createDataset(user: ScicatUser, more: Fields = {}): Promise<string> {
  const { status, body } = await user.post('/api/v3/datasets', {
    type: 'raw',
    owner: 'Ada',
    ownerGroup: 'group1',
    contactEmail: 'ada@example.org',
    principalInvestigator: 'Ada',
    creationLocation: '/x',
    creationTime: '2020-01-02T03:04:05.000Z',
    sourceFolder: '/data/run/7',
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return String(body['pid']);
}

export const proposal = (proposalId: string, more: Fields = {}): Fields => ({
  proposalId,
  title: 'Of mice',
  email: 'pi@example.org',
  ownerGroup: 'group1',
  ...more,
});

export async function createProposal(
  user: ScicatUser,
  proposalId: string,
  more: Fields = {},
): Promise<Fields> {
  const { status, body } = await user.post('/api/v3/proposals', proposal(proposalId, more));
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

export async function createSample(user: ScicatUser, more: Fields = {}): Promise<Fields> {
  const { status, body } = await user.post('/api/v3/samples', {
    ownerGroup: 'group1',
    sampleName: 'a powder',
    description: 'white',
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** The bodies of the refusals of SciCat's contract. */
export const forbidden = { message: 'Forbidden resource', error: 'Forbidden', statusCode: 403 };
export const unauthenticated = { message: 'Unauthenticated', error: 'Unauthorized', statusCode: 401 };

/** Query values that a filter parser must survive: wrong JSON, wrong types, prototype keys, code, huge lists. */
export const badFilters: readonly string[] = [
  '{',
  '[]',
  '"text"',
  '5',
  '{"where":{"$where":"sleep(1000)"}}',
  '{"where":{"$expr":{"$eq":[1,1]}}}',
  '{"where":{"__proto__":{"a":1}}}',
  '{"where":{"constructor":{"a":1}}}',
  '{"where":{"title":{"$regex":"("}}}',
  '{"where":{"title":{"$in":"x"}}}',
  '{"where":{"$or":"x"}}',
  '{"limits":{"limit":-1}}',
  '{"limits":{"skip":"x"}}',
  '{"fields":["$x"]}',
  `{"where":{"a":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}}`,
  `{"where":{"title":{"$in":${JSON.stringify(Array.from({ length: 6000 }, () => 'x'))}}}}`,
];
