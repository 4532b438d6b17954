import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allNamed } from '#datacite/testing';
import { OaiClient, harvestedIn } from './support/oai-client.js';
import { datasetOf, recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const domain = 'data.example.org';

describe('OAI-PMH, records and sets', () => {
  let site: PublicSite;
  let oai: OaiClient;
  const dois = ['10.5072/a', '10.5072/b/c;d(e)', '10.5072/MiXed', '10.5072/x:y$z=~*'];

  before(async () => {
    site = await PublicSite.start();
    oai = new OaiClient(site);
    for (const [index, doi] of dois.entries())
      await site.put(recordOf(doi), new Date(Date.UTC(2026, 2, 1 + index, 10)));
    const datasets = [
      datasetOf({
        instruments: [{ name: 'Böse "Beamline" & <Co>: 7' }, { name: 'TOMCAT' }],
        techniques: [{ name: '断層撮影' }, { name: ' ' }],
      }),
    ];
    const resource = resourceOf('10.5072/sets', {
      publicationYear: 2019,
      types: { resourceTypeGeneral: 'Software' },
    });
    const embargoUntil = '2999-01-01T00:00:00.000Z';
    await site.put(
      recordOf('10.5072/sets', { datasets, resource, embargoUntil }),
      new Date('2026-03-10T10:00:00Z'),
    );
    await site.put(withdrawnOf(recordOf('10.5072/gone')), new Date('2026-03-11T10:00:00Z'));
  });
  after(() => site.stop());

  const get = async (doi: string, metadataPrefix = 'oai_dc') => {
    const page = await oai.get({ verb: 'GetRecord', identifier: `oai:${domain}:${doi}`, metadataPrefix });
    assert.deepEqual(page.errors, []);
    return harvestedIn(page)[0]!;
  };

  it('H1: identifiers are URIs that come back', async () => {
    const all = await oai.all({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc' });
    assert.equal(all.length, 6);
    for (const { identifier } of all) {
      assert.equal(new URL(identifier).protocol, 'oai:');
      assert.match(identifier, /^oai:data\.example\.org:(?:[a-z0-9\-_.!~*'();/?:@&=+$,]|%[0-9A-F]{2})+$/);
      const page = await oai.get({ verb: 'GetRecord', identifier, metadataPrefix: 'oai_dc' });
      assert.equal(harvestedIn(page)[0]?.identifier, identifier);
    }
    assert.ok(all.some(({ identifier }) => identifier === 'oai:data.example.org:10.5072/b/c;d(e)'));
  });

  it('H3: metadata have a root of their own namespace', async () => {
    for (const [prefix, name] of [
      ['oai_dc', 'oai_dc:dc'],
      ['oai_datacite', 'oai_datacite'],
      ['datacite', 'resource'],
    ] as const) {
      const { metadata } = await get('10.5072/a', prefix);
      assert.equal(metadata?.name, name);
      const [namespace = ''] = metadata.attributes['xsi:schemaLocation']?.split(' ') ?? [];
      assert.ok(
        Object.entries(metadata.attributes).some(
          ([key, value]) => key.startsWith('xmlns') && value === namespace,
        ),
      );
      assert.notEqual(namespace, 'http://www.openarchives.org/OAI/2.0/');
    }
  });

  it('H4: oai_dc is there for every item, with every creator in order', async () => {
    for (const { metadata, deleted } of await oai.all({ verb: 'ListRecords', metadataPrefix: 'oai_dc' })) {
      if (deleted) continue;
      const texts = (name: string): string[] => allNamed(metadata!, `dc:${name}`).map(({ text }) => text);
      assert.deepEqual(texts('creator'), [
        'Lovelace, Ada',
        'Müller-Lüdenscheidt, Heinz',
        'The Beamline Team',
      ]);
      assert.match(texts('identifier')[0] ?? '', /^https:\/\/doi\.org\/10\.5072\//);
      assert.ok(texts('rights').includes('https://creativecommons.org/licenses/by/4.0/'));
    }
  });

  it('H5: oai_datacite wraps what datacite gives bare', async () => {
    const { metadata } = await get('10.5072/a', 'oai_datacite');
    assert.deepEqual(
      metadata?.children.map(({ name, text }) => [name, text]),
      [
        ['schemaVersion', '4.6'],
        ['datacentreSymbol', 'Catena'],
        ['payload', ''],
      ],
    );
    assert.equal(metadata.attributes['xmlns'], 'http://schema.datacite.org/oai/oai-1.1/');
    assert.deepEqual(metadata.children[2]?.children[0], (await get('10.5072/a', 'datacite')).metadata);
  });

  it('H6: OpenAIRE finds its set, descriptions, dates and access rights', async () => {
    const all = await oai.all({ verb: 'ListRecords', metadataPrefix: 'oai_datacite', set: 'openaire_data' });
    assert.equal(all.length, 6);
    for (const { metadata, identifier, deleted } of all) {
      if (deleted) continue;
      assert.ok(allNamed(metadata!, 'description').length > 0 && allNamed(metadata!, 'date').length > 0);
      const rights = allNamed(metadata!, 'rights').map(({ attributes }) => attributes['rightsURI']);
      const open = identifier.endsWith('/sets') ? 'embargoedAccess' : 'openAccess';
      assert.ok(rights.includes(`info:eu-repo/semantics/${open}`));
    }
  });

  it('D1: datestamps are whole seconds', async () => {
    for (const { datestamp } of await oai.all({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc' }))
      assert.match(datestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('X1: what was withdrawn has a header and nothing else, in every format', async () => {
    for (const prefix of ['oai_dc', 'oai_datacite', 'datacite']) {
      const record = await get('10.5072/gone', prefix);
      assert.deepEqual([record.deleted, record.metadata], [true, undefined]);
    }
  });

  it('X2: what was withdrawn is listed with the time of it, and keeps its sets', async () => {
    const all = await oai.all({ verb: 'ListRecords', metadataPrefix: 'oai_dc', set: 'instrument:TOMCAT' });
    const gone = all.find(({ deleted }) => deleted);
    assert.equal(gone?.datestamp, '2026-03-11T10:00:00Z');
    assert.deepEqual(gone.sets, (await get('10.5072/a')).sets);
  });

  it('X3: what is published again is there again', async () => {
    const record = recordOf('10.5072/phoenix');
    await site.put(withdrawnOf(record), new Date('2026-03-12T10:00:00Z'));
    assert.equal((await get('10.5072/phoenix')).deleted, true);
    await site.put({ ...record, revision: 3 }, new Date('2026-03-13T10:00:00Z'));
    const { deleted, datestamp, metadata } = await get('10.5072/phoenix');
    assert.deepEqual([deleted, datestamp], [false, '2026-03-13T10:00:00Z']);
    assert.ok(metadata !== undefined);
    await site.store.records.deleteOne({ _id: '10.5072/phoenix' });
  });

  it('S1: sets are written as the schema wants and named for people', async () => {
    const { root } = await oai.get({ verb: 'ListSets' });
    const sets = new Map(
      allNamed(root, 'set').map(({ children: [spec, name] }) => [spec?.text ?? '', name?.text ?? '']),
    );
    for (const spec of sets.keys())
      assert.match(spec, /^([A-Za-z0-9\-_.!~*'()])+(:[A-Za-z0-9\-_.!~*'()]+)*$/);
    assert.equal(sets.get('instrument:TOMCAT'), 'Instrument: TOMCAT');
    const names = [...sets.values()];
    assert.ok(names.includes('Instrument: Böse "Beamline" & <Co>: 7'));
    assert.ok(names.includes('Technique: 断層撮影'));
    assert.ok(names.includes('Year of publication: 2019'));
    assert.ok(names.includes('Type of resource: Software'));
    assert.ok(sets.has('openaire_data'));
  });

  it('S2, S5: every set can be harvested, and parents hold what their children hold', async () => {
    const { root } = await oai.get({ verb: 'ListSets' });
    const specs = allNamed(root, 'setSpec').map(({ text }) => text);
    const members = new Map<string, string[]>();
    for (const set of specs) {
      const all = await oai.all({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc', set });
      assert.ok(all.length > 0, set);
      members.set(
        set,
        all.map(({ identifier }) => identifier),
      );
    }
    for (const [set, own] of members) {
      const parent = set.slice(0, Math.max(set.lastIndexOf(':'), 0));
      if (parent !== '')
        for (const one of own) assert.ok(members.get(parent)?.includes(one), `${one} in ${parent}`);
    }
    for (const { identifier, sets } of await oai.all({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc' }))
      for (const set of sets) assert.ok(members.get(set)?.includes(identifier), `${identifier} in ${set}`);
    assert.ok(!(await get('10.5072/a')).sets.includes('instrument'));
  });

  it('S4: unknown sets hold nothing, and illegal ones are illegal', async () => {
    const codes = async (set: string) =>
      (await oai.get({ verb: 'ListRecords', metadataPrefix: 'oai_dc', set })).errors;
    assert.deepEqual(await codes('year:1800'), ['noRecordsMatch']);
    assert.deepEqual(await codes('nothing'), ['noRecordsMatch']);
    for (const set of ['', ':', 'a:', 'a b', '"', 'ä', '$where'])
      assert.deepEqual(await codes(set), ['badArgument'], set);
  });
});

describe('OAI-PMH of an empty store', () => {
  it('is valid, and has nothing to harvest', async () => {
    const site = await PublicSite.start();
    const oai = new OaiClient(site);
    const { root } = await oai.get({ verb: 'Identify' });
    assert.ok(!Number.isNaN(Date.parse(allNamed(root, 'earliestDatestamp')[0]?.text ?? '')));
    for (const verb of ['ListRecords', 'ListIdentifiers'])
      assert.deepEqual((await oai.get({ verb, metadataPrefix: 'oai_dc' })).errors, ['noRecordsMatch']);
    assert.deepEqual((await oai.get({ verb: 'ListSets' })).errors, []);
    await site.stop();
  });
});
