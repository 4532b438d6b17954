import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryScicat } from './memory-scicat.js';
import { scicatConformance } from './scicat.conformance.js';

scicatConformance('the SciCat in memory', () => {
  const scicat = new MemoryScicat();
  scicat.maxBody = 10_000;
  return Promise.resolve({ scicat, records: scicat.records });
});

const datablock = {
  ...{ archiveId: 'a-1', size: 3, packedSize: 1024, chkAlg: 'sha256', version: '1' },
  dataFileList: [{ path: 'f', size: 3, time: '2026-01-01T00:00:00.000Z', chk: 'c' }],
};

describe('Faults of the SciCat in memory', () => {
  it('come before a call did anything, or after it did all', async () => {
    const scicat = new MemoryScicat();
    scicat.records.addDataset('p/1');
    const fault = new Error('ordered');
    scicat.before = () => {
      throw fault;
    };
    await assert.rejects(scicat.createDatablock('p/1', datablock), fault);
    assert.equal(scicat.records.datablocks.size, 0);
    [scicat.before, scicat.after] = [undefined, scicat.before];
    await assert.rejects(scicat.createDatablock('p/1', datablock), fault);
    assert.equal(scicat.records.datablocks.size, 1);
    scicat.after = undefined;
    assert.equal(await scicat.createDatablock('p/1', datablock), 'taken');
    assert.deepEqual(
      scicat.calls.map(({ method }) => method),
      ['createDatablock', 'createDatablock', 'createDatablock'],
    );
  });

  it('let it be away for some calls, and then be back', async () => {
    const scicat = new MemoryScicat();
    scicat.awayFor(1);
    await assert.rejects(scicat.job('1'), { code: 'scicat.away', retriable: true, away: true });
    assert.equal(await scicat.job('1'), undefined);
  });
});
