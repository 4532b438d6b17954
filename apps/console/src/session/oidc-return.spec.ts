import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathWithin } from './oidc.controller.js';

describe('Where a sign-in at the provider leads', () => {
  for (const path of ['/console', '/console/jobs/1-2', '/console/jobs?status=failed&text=20.500%2Fx'])
    it(`is ${path} when that was asked for`, () => assert.equal(pathWithin(path), path));

  for (const odd of [
    ...[undefined, '', '/', '/api', 'console', '//evil.example', 'https://evil.example/console'],
    ...['/console.evil.example', '/console/../api', '/console/%2e%2e/x', '/console/.', '/consolex'],
    ...['/console\\@evil.example', '/console/\nx', '/console//evil#x', '/console/api/session', ['/console']],
    `/console/${'x'.repeat(2000)}`,
  ])
    it(`is the first page for ${JSON.stringify(odd)?.slice(0, 40)}`, () =>
      assert.equal(pathWithin(odd), '/console'));
});
