import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Findings, lineOf, type Finding } from './findings.js';

const wrongSize = (id: string): Finding => ({
  kind: 'wrong total',
  collection: 'Dataset',
  subject: 'size',
  id,
  detail: '1 instead of 5',
});

describe('Findings', () => {
  it('tell thousands of the same subject in one line with an example', () => {
    const findings = new Findings();
    for (let index = 0; index < 3000; index += 1) findings.add(wrongSize(`d${index}`));
    const [group, ...others] = findings.list();
    assert.deepEqual(others, []);
    assert.equal(group?.examples.length, 5);
    assert.equal(lineOf(group), 'wrong total: Dataset size: 3000 ("d0": 1 instead of 5); set with --apply');
  });
  it('are open until they are repaired', () => {
    const findings = new Findings();
    findings.add(wrongSize('a'), true);
    findings.add(wrongSize('b'), false);
    assert.equal(findings.open(), 1);
    assert.match(lineOf(findings.list()[0]!), /: 2 .*; 1 repaired; set with --apply$/);
  });
  it('leave unknown fields alone', () => {
    const findings = new Findings();
    findings.add({ ...wrongSize('a'), kind: 'unknown field', documents: 12 });
    assert.equal(findings.open(), 0);
  });
});
