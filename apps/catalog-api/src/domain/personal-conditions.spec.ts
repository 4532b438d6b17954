import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { personalConditionIn } from './personal-conditions.js';

const own = 'me@example.org';
const found = (query: Record<string, unknown>, header?: unknown): string | undefined =>
  personalConditionIn(
    Object.fromEntries(
      Object.entries(query).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    header,
    own,
  );

describe('A search of somebody to whom addresses are masked', () => {
  it('is found to ask for addresses of others, wherever it does', () => {
    const asking: [Record<string, unknown>, string][] = [
      [{ filter: { where: { ownerEmail: { like: '^a' } } } }, 'ownerEmail'],
      [{ filter: { where: { and: [{ or: [{ contactEmail: 'x' }] }] } } }, 'contactEmail'],
      [{ filter: { limits: { order: 'ownerEmail:asc' } } }, 'ownerEmail'],
      [{ filter: { limits: { sort: { ownerEmail: 'asc' } } } }, 'ownerEmail'],
      [
        { filter: { include: [{ relation: 'samples', scope: { where: { ownerEmail: 'a' } } }] } },
        'ownerEmail',
      ],
      [{ filter: { include: [{ scope: { limits: { order: 'pi_email:asc' } } }] } }, 'pi_email'],
      [{ fields: { mode: { $or: [{ pi_email: { $gt: 'a' } }] } } }, 'pi_email'],
      [{ fields: { sharedWith: ['a'] } }, 'sharedWith'],
      [{ fields: { 'jobParams.contactEmail': 'x' } }, 'jobParams.contactEmail'],
      [{ fields: { text: 'bob@example.org' } }, 'bob@example.org'],
      [{ filter: { where: { description: { $regex: 'bob@' } } } }, 'bob@'],
      [{ limits: { order: 'creationTime:desc,email:asc' } }, 'email'],
      [{ facets: ['type', 'ownerEmail'] }, 'ownerEmail'],
      [{ facets: 'type,ownerEmail' }, 'ownerEmail'],
      [{ filter: { where: { catenaWords: { like: 'jane.s' } } } }, 'catenaWords'],
      [{ fields: { catenaWords: { $regex: 'jane.s' } } }, 'catenaWords'],
      [{ order: 'catenaWords:asc' }, 'catenaWords'],
      [{ order: 'manager:asc' }, 'manager'],
      [{ where: { 'profile.email': 'x' } }, 'profile.email'],
    ];
    for (const [query, name] of asking) assert.equal(found(query), name, JSON.stringify(query));
    assert.equal(found({}, '{"where":{"ownerEmail":"x"}}'), 'ownerEmail');
    assert.equal(personalConditionIn({ facets: ['type', 'ownerEmail'] }, undefined, own), 'ownerEmail');
  });

  it('may show what is masked, compare with its own address, and ask for everything else', () => {
    const allowed = [
      { filter: { fields: ['ownerEmail'] } },
      { filter: { fields: { ownerEmail: true } } },
      { filter: { include: [{ relation: 'samples', scope: { fields: ['ownerEmail'] } }] } },
      { filter: { where: { ownerEmail: 'Me@example.org', description: { like: 'e-mail' } } } },
      { fields: { text: 'email', isPublished: true }, limits: { order: 'creationTime:desc' } },
      { facets: ['type', 'ownerGroup'], datasetFields: ['ownerEmail'], filter: '{' },
    ];
    for (const query of allowed) assert.equal(found(query), undefined, JSON.stringify(query));
  });

  it('cannot hide a condition in what looks like a choice of fields', () => {
    const hidden = { filter: { where: { fields: { $elemMatch: { email: { $gt: 'a' } } } } } };
    assert.equal(found(hidden), 'email');
  });
});
