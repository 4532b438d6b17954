import type { FastifyRequest } from 'fastify';
import { Ruled, type EndpointRule } from '#service-host';
import { accessTable, type Rule } from '../domain/access-table.js';
import type { AccessRules, Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';

/** What a rule may look at: never the body, which is read only for callers who are let in. */
export interface Asking {
  readonly caller: Caller | undefined;
  readonly rules: AccessRules;
  readonly request: FastifyRequest;
  /** A service of the app, for rules that depend on its configuration. */
  get<Service>(token: symbol): Service;
}

interface Refused {
  /** What callers without a token are answered: 403, unless the resource answers 401. */
  readonly anonymous?: 401 | 403;
  /** The text of 403. */
  readonly text?: string;
}

export interface CallerRule extends EndpointRule {
  readonly kind: 'caller';
  /** @throws Refusal 401 or 403 */
  admit(asking: Asking): void;
}

type Rules = ClassDecorator & MethodDecorator;

const rulesOfTable = new Set<Rule>(Object.values(accessTable).flatMap((rules) => Object.values<Rule>(rules)));

/** Lets in whom a rule of the access table admits; which records they reach is asked where the records are read. */
export function Admits(rule: Rule, refused?: Refused): Rules {
  if (!rulesOfTable.has(rule))
    throw new Error(
      `@Admits expected a rule of the access table (domain/access-table.ts), found ${JSON.stringify(rule)}: write it into the table.`,
    );
  return AdmitsIf(({ rules, caller }) => rules.admits(rule, caller), refused);
}

/** Lets in everybody who is signed in. */
export const SignedIn = (refused?: Refused): Rules => AdmitsIf(({ caller }) => caller !== undefined, refused);

/** For the few rules that no row of the table can say: those on the caller's own name, or on the job configuration. */
export function AdmitsIf(
  isAdmitted: (asking: Asking) => boolean,
  { anonymous = 403, text = 'Forbidden resource' }: Refused = {},
): Rules {
  const rule: CallerRule = {
    kind: 'caller',
    admit: (asking) => {
      if (asking.caller === undefined && anonymous === 401) throw new Refusal(401, 'Unauthenticated');
      if (!isAdmitted(asking)) throw new Refusal(403, text);
    },
  };
  return Ruled(rule);
}
