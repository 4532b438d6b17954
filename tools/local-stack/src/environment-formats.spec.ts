import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { formatted } from './environment-formats.js';

const environment = {
  MONGODB_URI: 'mongodb://catena:x@127.0.0.1:20000/?authSource=admin&directConnection=true',
  S3_ENDPOINT: 'http://127.0.0.1:20005',
  ODD: `it's $HOME; "two"  spaces \\ and\na line`,
};

describe('the variables of a stack', () => {
  it('reach a shell by eval as they are, whatever is in them', () => {
    const script = 'eval "$1"; exec "$0" -e "console.log(JSON.stringify(process.env))"';
    const told = execFileSync('sh', ['-ec', script, process.execPath, formatted(environment, 'sh')], {
      encoding: 'utf8',
    });
    const heard = JSON.parse(told) as Record<string, string>;
    assert.deepEqual(
      Object.fromEntries(Object.keys(environment).map((name) => [name, heard[name]])),
      environment,
    );
  });
  it('are plain lines for files of variables', () =>
    assert.equal(formatted({ A: 'x&y', B: '1' }, 'dotenv'), 'A=x&y\nB=1'));
  it('are JSON for programs', () =>
    assert.deepEqual(JSON.parse(formatted(environment, 'json')), environment));
});
