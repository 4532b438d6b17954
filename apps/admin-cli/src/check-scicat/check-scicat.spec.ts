import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ServerResponse } from 'node:http';
import { Output, type CommandResult } from '#command-line';
import { checkScicat } from './check-scicat.js';
import type { CheckScicatOptions } from './settings.js';
import { LittleScicat, type LittleScicatOptions } from './testing/little-scicat.js';
import type { Verdict } from './verdict.js';

const secret = 'secret';
const ofOthers = { pid: 'a/1', ownerGroup: 'p1', accessGroups: [], isPublished: false };
const jobOfOthers = { id: 'j1', type: 'archive', ownerUser: 'ada', ownerGroup: 'p1' };
const admin = { ADMIN_GROUPS: ['archivemanager'] };

describe('A look at a SciCat that stays', () => {
  const running: LittleScicat[] = [];
  afterEach(async () => {
    for (const scicat of running.splice(0)) await scicat.stop();
  });

  async function look(
    options: Partial<LittleScicatOptions>,
    asked: CheckScicatOptions & { readonly password?: string; readonly path?: string } = {},
  ): Promise<
    CommandResult & { verdicts: Record<string, Verdict['result']>; scicat: LittleScicat; text: string }
  > {
    const scicat = await LittleScicat.start(options);
    running.push(scicat);
    const { password = secret, path = '', ...more } = asked;
    const context = {
      environment: { SCICAT_PASSWORD: password },
      output: new Output({ json: false, quiet: true }),
      signal: new AbortController().signal,
    };
    const result = await checkScicat(context, `${scicat.url}${path}`, {
      user: 'bridge',
      patience: '1s',
      ...more,
    });
    const { checks } = result.document as { checks: Verdict[] };
    const text = `${result.lines.join('\n')}\n${JSON.stringify(result.document)}`;
    assert.ok(!text.includes(password) && !text.includes('a-token'), 'it tells no secret');
    assert.deepEqual(scicat.written, [], 'it writes nothing');
    return {
      ...{ ...result, scicat, text },
      verdicts: Object.fromEntries(checks.map(({ name, result: found }) => [name, found])),
    };
  }

  it('finds nothing missing for an administrator, with the groups of the account and the version', async () => {
    const { outcome, verdicts, text } = await look({
      lists: { ...admin, DELETE_GROUPS: ['archivemanager'] },
    });
    assert.equal(outcome, 'done');
    assert.deepEqual([...new Set(Object.values(verdicts))], ['ok']);
    assert.match(text, /its groups: archivemanager/);
    assert.match(text, /version api\/v3/);
    assert.match(text, /Cannot be seen from outside.*\n.*\n.*actionType: rabbitmq.*queue: catena\.jobs/);
  });

  it('takes an address with the path of its interface as well', async () => {
    const { outcome } = await look({ lists: admin }, { path: '/api/v3/' });
    assert.equal(outcome, 'done');
  });

  it('knows the narrower rights by what is shown to the account, and that they do not suffice', async () => {
    const group = ['archivemanager'];
    const { outcome, verdicts } = await look({
      lists: { UPDATE_DATASET_LIFECYCLE_GROUPS: group, UPDATE_JOB_PRIVILEGED_GROUPS: group },
      datasets: [ofOthers],
      jobs: [jobOfOthers],
    });
    assert.equal(outcome, 'failed');
    assert.deepEqual(verdicts, {
      ...{ answers: 'ok', version: 'ok', clocks: 'ok', 'signs-in': 'ok', groups: 'ok', administrator: 'ok' },
      ...{ 'reads-datasets': 'ok', 'writes-lifecycles': 'ok', 'updates-jobs': 'ok' },
      ...{ 'lists-datablocks': 'MISSING', 'removes-datablocks': 'WARN' },
      ...{
        'jobs-api': 'ok',
        'job-type-archive': 'ok',
        'job-type-retrieve': 'WARN',
        'job-type-reset': 'WARN',
      },
      ...{ 'datasets-v4': 'ok', 'origdatablocks-v4': 'ok' },
    });
  });

  it('names the line to change for each right that the account does not have', async () => {
    const { outcome, verdicts, text } = await look({
      lists: { CREATE_DATASET_GROUPS: ['p1'] },
      datasets: [{ ...ofOthers, isPublished: true }],
    });
    assert.equal(outcome, 'failed');
    for (const [name, variable] of Object.entries({
      'reads-datasets': 'UPDATE_DATASET_LIFECYCLE_GROUPS',
      'writes-lifecycles': 'UPDATE_DATASET_LIFECYCLE_GROUPS',
      'lists-datablocks': 'CREATE_DATASET_PRIVILEGED_GROUPS',
      'updates-jobs': 'UPDATE_JOB_PRIVILEGED_GROUPS',
    })) {
      assert.equal(verdicts[name], 'MISSING', name);
      assert.match(text, new RegExp(`MISSING ${name} .*\\n +change: ${variable}=archivemanager`));
    }
    assert.equal(verdicts['removes-datablocks'], 'WARN', 'only resets need it');
  });

  it('takes nothing for a proof that everybody is shown, also where SciCat does not keep to the filter', async () => {
    const shown = [
      { ...ofOthers, isPublished: true },
      { ...ofOthers, sharedWith: ['bridge@example.org'] },
      { ...ofOthers, accessGroups: ['archivemanager'] },
    ];
    const answer = (response: ServerResponse): void =>
      void response.writeHead(200).end(JSON.stringify(shown));
    const { verdicts } = await look({ instead: { method: 'GET', path: '/api/v3/datasets', answer } });
    assert.deepEqual([verdicts['reads-datasets'], verdicts['writes-lifecycles']], ['MISSING', 'MISSING']);
  });

  it('says that it cannot see what an account may do in a catalogue without datasets and jobs', async () => {
    const { verdicts } = await look({ lists: { UPDATE_JOB_PRIVILEGED_GROUPS: ['archivemanager'] } });
    for (const name of ['reads-datasets', 'writes-lifecycles', 'updates-jobs'])
      assert.equal(verdicts[name], 'WARN', name);
  });

  it('gives the configuration of a job type that SciCat does not know; without resets one can live', async () => {
    const { outcome, verdicts, text } = await look({ lists: admin, jobTypes: ['archive'] });
    assert.equal(outcome, 'failed');
    assert.deepEqual(
      ['archive', 'retrieve', 'reset'].map((type) => verdicts[`job-type-${type}`]),
      ['ok', 'MISSING', 'WARN'],
    );
    assert.match(text, /- jobType: retrieve\n +create:\n/);
  });

  it('tells of a SciCat that takes a job which cannot be', async () => {
    const answer = (response: ServerResponse): void => void response.writeHead(201).end('{"id":"odd"}');
    const instead = { method: 'POST', path: '/api/v4/jobs', answer };
    const { verdicts, text } = await look({ lists: admin, instead });
    assert.equal(verdicts['job-type-archive'], 'WARN');
    assert.match(text, /took a job of the type archive about no dataset\n +change: delete the job odd/);
  });

  const page = (status: number) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end('<!DOCTYPE html><p>Hello');
  const faults: Record<string, [instead: LittleScicatOptions['instead'], name: string, words: RegExp]> = {
    'a page in place of JSON': [
      { path: '/api', answer: page(200) },
      'answers',
      /HTML with status 200.*frontend/,
    ],
    'a proxy that refuses': [{ path: '/api', answer: page(403) }, 'answers', /HTML with status 403.*proxy/],
    'a door that is closed': [
      { path: '/api', answer: (response) => void response.writeHead(403).end('{"message":"Forbidden"}') },
      'answers',
      /answers 403, Forbidden/,
    ],
    'another address': [
      {
        path: '/api',
        answer: (response) => void response.writeHead(308, { location: 'https://u:p@b/' }).end(),
      },
      'answers',
      /forwarded to https:\/\/b\/; give/,
    ],
    'a server that is down': [
      { path: '/api', answer: (response) => void response.writeHead(502).end('bad gateway') },
      'answers',
      /status 502, bad gateway/,
    ],
    silence: [{ path: '/api', answer: () => undefined }, 'answers', /no answer within 1 s/],
    'an answer that stops in the middle': [
      { path: '/api', answer: (response) => void response.writeHead(200).write('{"status":') },
      'answers',
      /no answer within 1 s/,
    ],
    'an answer without end': [
      {
        path: '/api',
        answer: (response) => {
          const more = (): void => {
            while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, 32)));
          };
          response.on('drain', more).writeHead(200);
          more();
        },
      },
      'answers',
      /more than 8388608 bytes/,
    ],
    'an identity that it may not see': [
      {
        path: '/api/v3/users/my/identity',
        answer: (response) => void response.writeHead(403).end('{"message":"Forbidden resource"}'),
      },
      'groups',
      /identity answers 403, Forbidden resource/,
    ],
    'silence at one question only': [
      { path: '/api/v4/origdatablocks', answer: () => undefined },
      'origdatablocks-v4',
      /no answer within 1 s/,
    ],
  };
  for (const [what, [instead, name, words]] of Object.entries(faults))
    it(`says in one sentence what it found: ${what}`, async () => {
      const { outcome, verdicts, text } = await look({ lists: admin, ...(instead && { instead }) });
      assert.equal(outcome, 'failed');
      assert.equal(verdicts[name], 'MISSING');
      assert.match(text, words);
      if (name === 'answers') assert.deepEqual(Object.keys(verdicts), ['answers'], 'the rest is not asked');
    });

  it('says that nobody is there', async () => {
    const scicat = await LittleScicat.start({});
    const { url } = scicat;
    await scicat.stop();
    const context = {
      environment: { SCICAT_PASSWORD: secret },
      output: new Output({ json: false, quiet: true }),
      signal: new AbortController().signal,
    };
    const { outcome, lines } = await checkScicat(context, url, { user: 'bridge' });
    assert.equal(outcome, 'failed');
    assert.match(lines.join('\n'), /MISSING answers .*ECONNREFUSED/);
  });

  it('shows the entry of an account that is not let in, and asks nothing more as nobody', async () => {
    const { verdicts, text } = await look({ lists: admin }, { password: 'wrong-one' });
    assert.equal(verdicts['signs-in'], 'MISSING');
    assert.deepEqual(Object.keys(verdicts), ['answers', 'version', 'clocks', 'signs-in']);
    assert.match(text, /change: functionalAccounts\.json: \{ "username": "bridge"/);
  });

  it('warns of a SciCat that has jobs through v3 only, and misses the datasets of v4', async () => {
    const jobParams = { username: 'ada' };
    const { verdicts, text } = await look({
      ...{ lists: admin, versions: ['v3'], jobs: [{ id: 'j', type: 'archive', jobParams }] },
    });
    assert.equal(verdicts['jobs-api'], 'WARN');
    assert.match(text, /change: SCICAT_JOBS_API=v3/);
    assert.equal(verdicts['job-type-archive'], 'ok');
    assert.equal(verdicts['job-type-retrieve'], 'WARN', 'nothing is posted to find out');
    assert.equal(verdicts['datasets-v4'], 'MISSING');
  });

  it('goes on where an older SciCat has no health, or says nothing there', async () => {
    const path = '/api/v3/health';
    const none = '{"message":"Cannot GET /api/v3/health","error":"Not Found","statusCode":404}';
    const older = await look({
      lists: admin,
      instead: { path, answer: (response) => void response.writeHead(404).end(none) },
    });
    assert.deepEqual([older.verdicts['answers'], older.outcome], ['WARN', 'done']);
    const empty = await look({
      lists: admin,
      instead: { path, answer: (response) => void response.writeHead(200).end('null') },
    });
    assert.deepEqual([empty.verdicts['version'], empty.outcome], ['ok', 'done']);
  });

  for (const [hours, words] of [
    [1, /60 min ahead of ours/],
    [-1, /60 min behind ours/],
  ] as const)
    it(`warns of a clock that is ${hours} h away from ours`, async () => {
      const { verdicts, outcome, text } = await look({ lists: admin, ahead: hours * 3_600_000 });
      assert.equal(verdicts['clocks'], 'WARN');
      assert.equal(outcome, 'done');
      assert.match(text, words);
    });
});
