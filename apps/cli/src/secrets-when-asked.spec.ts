import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { withSecretsWhenAsked } from './secrets-when-asked.js';

const folder = mkdtempSync(join(tmpdir(), 'catena-secrets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

it('The file of a token is read when the token is asked for, and never mind otherwise', () => {
  const environment = withSecretsWhenAsked({
    CATENA_TOKEN_FILE: join(folder, 'token'),
    CATENA_PASSWORD: 'p',
    CATENA_URL: 'http://catalogue',
  });
  assert.equal(environment['CATENA_URL'], 'http://catalogue');
  assert.equal(environment['CATENA_PASSWORD'], 'p');
  assert.throws(() => environment['CATENA_TOKEN'], /CATENA_TOKEN in the file .*token/);
  writeFileSync(join(folder, 'token'), 'secret\n');
  assert.equal(environment['CATENA_TOKEN'], 'secret');
});
