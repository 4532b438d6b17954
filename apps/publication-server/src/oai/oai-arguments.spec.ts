import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { oaiRequestFrom } from './oai-arguments.js';
import { boundFrom } from './oai-dates.js';
import { doiInIdentifier, isRepositoryIdentifier, oaiIdentifier } from './oai-identifier.js';
import { ResumptionTokens, type Position } from './resumption-token.js';
import { encodingFor } from './xml-answer.js';

const codes = (query: string): string[] => {
  const read = oaiRequestFrom([...new URLSearchParams(query)]);
  return 'faults' in read ? read.faults.map(({ code }) => code) : [];
};

describe('oaiRequestFrom', () => {
  it('takes what the protocol takes', () => {
    for (const query of [
      ...['verb=Identify', 'verb=ListSets', 'verb=ListSets&resumptionToken=x', 'verb=ListMetadataFormats'],
      ...['verb=ListRecords&metadataPrefix=a&from=2026-01-01&until=2026-01-01&set=a:b'],
      ...['verb=GetRecord&identifier=x&metadataPrefix=y', 'metadataPrefix=a&verb=ListIdentifiers'],
    ])
      assert.deepEqual(codes(query), [], query);
  });

  it('knows no names of objects', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.deepEqual(codes(`verb=${name}`), ['badVerb']);
      assert.deepEqual(codes(`verb=Identify&${name}=x`), ['badArgument']);
    }
  });
});

describe('boundFrom', () => {
  it('reads days and seconds', () => {
    assert.equal(boundFrom('2024-02-29')?.end.toISOString(), '2024-03-01T00:00:00.000Z');
    assert.equal(boundFrom('2024-02-29T23:59:59Z')?.end.toISOString(), '2024-03-01T00:00:00.000Z');
    assert.equal(boundFrom('2023-02-29'), undefined);
    assert.equal(boundFrom('2023-01-01T24:00:00Z'), undefined);
  });
});

describe('OAI identifiers', () => {
  it('come back as the DOI they were made of', () => {
    for (const doi of ['10.5072/a', '10.5072/a/b;c(d)', '10.5072/ä b%"<', '10.5072/x:y$z=~*'])
      assert.equal(doiInIdentifier('x.org', oaiIdentifier('x.org', doi)), doi);
    assert.equal(oaiIdentifier('x.org', '10.5072/A/b'), 'oai:x.org:10.5072/a/b');
  });

  it('are nothing else', () => {
    for (const identifier of [
      ...[
        '',
        '10.5072/a',
        'oai:y.org:10.5072/a',
        'oai:x.org:10.5072/A',
        'oai:x.org:10.5072%2Fa',
        'oai:x.org:%zz',
      ],
      ...['oai:x.org:\uD800', `oai:x.org:${'a'.repeat(3000)}`],
    ])
      assert.equal(doiInIdentifier('x.org', identifier), undefined, identifier);
    assert.equal(isRepositoryIdentifier('localhost'), false);
    assert.equal(isRepositoryIdentifier('127.0.0.1'), false);
    assert.equal(isRepositoryIdentifier('data.psi.ch'), true);
  });
});

describe('ResumptionTokens', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const tokens = new ResumptionTokens('secret', 86_400_000);
  const position: Position = {
    ...{ verb: 'ListRecords', prefix: 'oai_dc', from: '2026-01-01', set: 'a:b' },
    ...{ datestamp: 1_767_225_600, id: '10.5072/"ä"', cursor: 200, size: 1000, pace: 60 },
  };

  it('give back what they were made of', () => {
    const { token, expires } = tokens.make(position, now);
    assert.deepEqual(tokens.read(token, now), position);
    assert.ok(expires.getTime() - now.getTime() >= 86_400_000);
    assert.match(token, /^[\w.-]+$/);
  });

  it('expire, and belong to one secret', () => {
    const { token, expires } = tokens.make(position, now);
    assert.ok(tokens.read(token, new Date(expires.getTime() - 1)));
    assert.equal(tokens.read(token, expires), undefined);
    assert.equal(new ResumptionTokens('other', 86_400_000).read(token, now), undefined);
  });

  it('break when any letter of them is changed', () => {
    const { token } = tokens.make(position, now);
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'Q' : 'A';
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      assert.equal(tokens.read(changed, now), undefined, `letter ${index}`);
    }
  });
});

describe('encodingFor', () => {
  it('follows the wishes of the reader', () => {
    for (const [accept, wanted] of [
      [undefined, 'identity'],
      ['', 'identity'],
      ['gzip', 'gzip'],
      ['GZIP', 'gzip'],
      ['br', 'identity'],
      ['*;q=0', 'identity'],
      ['gzip;q=0, *', 'deflate'],
      ['gzip;q=junk', 'identity'],
      ['identity;q=0.5, gzip;q=0.8', 'gzip'],
    ] as const)
      assert.equal(encodingFor(accept), wanted, accept);
  });
});
