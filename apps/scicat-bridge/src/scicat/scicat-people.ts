import type { ScicatPerson } from './scicat.js';
import { fieldsOf, idOf, isFields, optionalTextOf, optionalTextsOf, textOf, type Fields } from './answers.js';
import { partOf, succeeded } from './calls.js';
import { oddAnswer } from './scicat-errors.js';
import type { ScicatAnswer, ScicatRequest, ScicatSession } from './scicat-session.js';

/** Asks for one record of a person; undefined: for nobody's. */
type Ask = (request: ScicatRequest) => Promise<ScicatAnswer | undefined>;

/** People with an account at SciCat, by the interface of v3, which all versions have for them. */
export class ScicatPeople {
  constructor(private readonly session: ScicatSession) {}

  identityOf(token: string): Promise<ScicatPerson | undefined> {
    const ask: Ask = (request) => this.session.callAs(token, request);
    return person(ask, ['/api/v3/users/my/self', '/api/v3/users/my/identity'], 'the owner of a token');
  }

  async person(id: string): Promise<ScicatPerson | undefined> {
    const path = `/api/v3/users/${partOf(id)}`;
    const ask: Ask = (request) => this.session.call(request);
    const found = await person(ask, [path, `${path}/userIdentity`], `user ${id}`);
    if (found !== undefined && found.id !== id)
      throw oddAnswer(`user ${id}`, 'the user who was asked for', found.id);
    return found;
  }
}

/** Of two records: the account, and what the sign-in said of whoever has it. */
async function person(
  ask: Ask,
  [accountPath, identityPath]: readonly [string, string],
  where: string,
): Promise<ScicatPerson | undefined> {
  const account = await record(ask, accountPath, where);
  const identity = account && (await record(ask, identityPath, `the identity of ${where}`));
  if (account === undefined || identity === undefined) return undefined;
  const profile = isFields(identity['profile']) ? identity['profile'] : {};
  const username = textOf(account, 'username', where);
  return {
    ...{ id: idOf(account, where), username },
    profileName: optionalTextOf(profile, 'username', where) ?? username,
    email: optionalTextOf(account, 'email', where) ?? '',
    groups: optionalTextsOf(profile, 'accessGroups', where),
  };
}

/** SciCat answers with nothing where there is no such record. */
async function record(ask: Ask, path: string, where: string): Promise<Fields | undefined> {
  const answer = await ask({ method: 'GET', path, mayBeEmpty: true });
  if (answer === undefined) return undefined;
  const { body } = succeeded(answer, `show ${where}`);
  return body === undefined || body === null ? undefined : fieldsOf(body, where);
}
