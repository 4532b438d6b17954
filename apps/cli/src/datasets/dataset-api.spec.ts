import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpClient } from '../server/http-client.js';
import { filesOf } from './dataset-api.js';

describe('The files of a dataset', () => {
  it('are shown in the order of their paths, without the directories in the lists', async () => {
    const time = '2026-01-01T00:00:00.000Z';
    const blocks = [
      {
        dataFileList: [
          { path: 'run/2', size: 2, time, perm: '-rw-r--r--' },
          { path: 'run', size: 4096, time, perm: 'drwxr-xr-x' },
        ],
      },
      {},
      { dataFileList: [{ path: 'run/1', size: 1, time }] },
    ];
    const asked: string[] = [];
    const get = (path: string) => Promise.resolve((asked.push(path), blocks));
    assert.deepEqual(await filesOf({ get } as unknown as HttpClient, 'a/b'), [
      { path: 'run/1', size: 1, time },
      { path: 'run/2', size: 2, time },
    ]);
    assert.deepEqual(asked, ['/api/v3/datasets/a%2Fb/origdatablocks']);
  });
});
