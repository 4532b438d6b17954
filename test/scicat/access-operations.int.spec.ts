import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { textOf } from '../support/repository.js';
import { answers, bodyFor, callers, notAnswered, notAsked, queryFor } from './support/operation-access.js';
import { kindsNamed, ownRecord, type Kind } from './support/operation-records.js';
import { differencesFromDescription } from './support/described-answers.js';
import { ScicatApp } from './support/scicat-app.js';
import type { ScicatUser } from './support/scicat-user.js';

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

/** What one caller asks of one operation. */
interface Question extends Operation {
  readonly caller: (typeof callers)[number];
  /** Each question has records of its own: all can be asked at once. */
  readonly name: string;
  readonly expected: string;
}

const atOnce = 16;
const document = JSON.parse(textOf('docs/openapi.json')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
};
const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId: id }]) => ({
    id,
    method: method.toUpperCase(),
    path,
  })),
);
const expected = new Map(
  Object.entries(answers).flatMap(([words, ids]) =>
    ids
      .trim()
      .split(/\s+/)
      .map((id) => [id, words.split(' ')] as const),
  ),
);
const questions: readonly Question[] = operations.flatMap((operation) =>
  callers.flatMap((caller, index) => {
    const word = expected.get(operation.id)?.[index];
    return word === undefined
      ? []
      : [{ ...operation, caller, name: `${operation.id}-${caller}`, expected: word }];
  }),
);

describe('The operations of the OpenAPI document', () => {
  let app: ScicatApp;
  let users: Readonly<Record<Question['caller'], ScicatUser>>;
  let userId: string;
  const statuses = new Map<Question, number>();
  /** Where a success is not what the document says. */
  const differences: string[] = [];

  before(async () => {
    app = await ScicatApp.start({ DELETE_JOB_GROUPS: 'archivemanager' });
    const [stranger, owner, admin, remover] = (['user2', 'user1', 'admin', 'archiveManager'] as const).map(
      (account) => app.as(account),
    ) as [ScicatUser, ScicatUser, ScicatUser, ScicatUser];
    users = { anonymous: app.anonymous, stranger, owner, admin, remover };
    userId = String((await owner.get('/api/v3/users/my/self')).body['_id']);
    const records = new Map<Kind, ReturnType<typeof ownRecord>[]>();
    for (const { path, name } of questions)
      for (const kind of kindsNamed(path))
        records.set(kind, [...(records.get(kind) ?? []), ownRecord(kind, name)]);
    for (const [kind, some] of records) await app.collection(kind).insertMany(some);
    // Whether it is ready it says of the moment: asked before thousands of others make the database wait.
    const isHealth = ({ path }: Question): boolean => path.includes('/health');
    const left = [...questions.filter(isHealth), ...questions.filter((one) => !isHealth(one))];
    const lane = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        statuses.set(next, await statusOf(next));
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  });
  after(() => app.stop());

  it('are all asked, except those of a list that may only shrink', () => {
    const left = operations.map(({ id }) => id).filter((id) => !expected.has(id));
    assert.deepEqual(
      left.sort(),
      Object.keys(notAsked).sort(),
      'say in test/scicat/support/operation-access.ts who is let in; an exemption that is not needed goes',
    );
    const gone = [...expected.keys()].filter((id) => !operations.some((operation) => operation.id === id));
    assert.deepEqual(gone, [], 'no operation has these names any more');
  });

  it('let in whom they should, and refuse the others', () => {
    const wrong = [...statuses]
      .filter(([question, status]) => !isAnswer(question.expected, status))
      .map(([{ id, caller, expected: word }, status]) => `${id} as ${caller}: ${word}, found ${status}`);
    assert.deepEqual(wrong, []);
  });

  it('answer what the document says', () => {
    assert.deepEqual(differences, []);
  });

  it('have all been seen to succeed, except those of a list that may only shrink', () => {
    const seen = new Set([...statuses].filter(([, status]) => status < 300).map(([{ id }]) => id));
    assert.deepEqual(
      operations
        .map(({ id }) => id)
        .filter((id) => !seen.has(id))
        .sort(),
      notAnswered.trim().split(/\s+/).sort(),
      'give it a body in test/scicat/support/operation-access.ts; what succeeds leaves the list there',
    );
  });

  it('change no record for those whom they refuse', async () => {
    const refused = [...statuses].filter(([, status]) => status >= 401 && status <= 404);
    assert.ok(refused.length > 300, 'expected several hundred refusals');
    const touched: string[] = [];
    const kinds = new Set(refused.flatMap(([{ path }]) => kindsNamed(path)));
    for (const kind of kinds) {
      const names = refused.filter(([{ path }]) => kindsNamed(path).includes(kind)).map(([{ name }]) => name);
      const found = await app
        .collection(kind)
        .find({ _id: { $in: names } })
        .toArray();
      const stored = new Map(found.map((record) => [record._id, record]));
      for (const name of names)
        for (const [field, value] of Object.entries(ownRecord(kind, name)))
          if (JSON.stringify(stored.get(name)?.[field]) !== JSON.stringify(value))
            touched.push(`${kind} ${name}: ${field}`);
    }
    assert.deepEqual(touched, []);
  });

  /** Without its body, which of an event stream has no end. */
  async function statusOf({ id, method, path, name, caller }: Question): Promise<number> {
    const named = path.startsWith('/api/v3/users/')
      ? userId
      : path.includes('{subsystem}')
        ? 'Dataset'
        : name;
    const { token } = users[caller];
    const hasBody = method !== 'GET' && (method !== 'DELETE' || id.startsWith('landingZone'));
    const address = `${path.replace(/\{\w+\}/g, encodeURIComponent(named))}${queryFor(id, name)}`;
    const response = await fetch(`${app.base}${address}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(hasBody ? { body: JSON.stringify(bodyFor(id, name)) } : {}),
    });
    const { status, headers, body } = response;
    if (headers.get('content-type')?.startsWith('text/event-stream')) await body?.cancel();
    else if (status < 300) {
      const answer = { status, headers, text: await response.text() };
      const wrong = differencesFromDescription(method, address, answer, false);
      differences.push(...wrong.map((one) => `${id} as ${caller}: ${one}`));
    } else await body?.cancel();
    return status;
  }
});

/** `in`: whatever comes after the rule. */
function isAnswer(word: string, status: number): boolean {
  return word === 'in' ? status !== 401 && status !== 403 && status < 500 : String(status) === word;
}
