import { isIP } from 'node:net';
import { isActingName, longestActingName, ways, type Way } from '#console-api';
import { PermanentError } from '#kernel';

/** Headers by which a program that has an app's token says for whom it acts; believed with the token only. */
export const actingForHeader = 'catena-acting-for';
export const actingGroupsHeader = 'catena-acting-groups';
export const actingViaHeader = 'catena-acting-via';
const actingFromHeader = 'catena-acting-from';
export const idempotencyHeader = 'idempotency-key';

/** Who acts where nobody was named. */
export const unnamed = 'operations';

const maxGroups = 200;

/** Who asks for something. */
export interface Operator {
  /** A user name; {@link unnamed} where the caller named nobody. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly via: Way;
  /** The network address of the person, as the calling program says it, else of the caller. */
  readonly from?: string;
  /** By which a call that is sent again is told from another one. */
  readonly key?: string;
}

interface Headers {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string;
}

/**
 * Whom a request that had the token acts for. Names are percent-encoded (headers hold no letters of every language).
 *
 * @throws PermanentError `operations.wrong-name` for a name, a way, an address or a key that cannot be one
 */
export function operatorFrom({ headers, ip }: Headers): Operator {
  const [name, groups, via, key, said] = [
    nameIn(headers[actingForHeader]),
    groupsIn(headers[actingGroupsHeader]),
    wayIn(headers[actingViaHeader]),
    keyIn(headers[idempotencyHeader]),
    addressIn(headers[actingFromHeader]),
  ];
  const from = said ?? ip;
  return {
    ...{ name: name ?? unnamed, groups, via },
    ...(from === undefined ? {} : { from }),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * The operator with the name that a body of an earlier client says (`by`), where no header named one.
 *
 * @throws PermanentError `operations.wrong-name`
 */
export function named(operator: Operator, by: unknown): Operator {
  if (by === undefined || by === null || operator.name !== unnamed) return operator;
  if (typeof by !== 'string') throw wrong('by', by, 'a name');
  return { ...operator, name: checkedName(by, 'by') };
}

function nameIn(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : checkedName(decoded(header, actingForHeader), actingForHeader);
}

function checkedName(text: string, place: string): string {
  const name = text.trim();
  if (!isActingName(name))
    throw wrong(place, text, `a name of 1 to ${longestActingName} letters, without any that cannot be seen`);
  return name;
}

function groupsIn(header: string | string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  const groups = textOf(header, actingGroupsHeader)
    .split(',')
    .map((group) => decoded(group.trim(), actingGroupsHeader))
    .filter((group) => group !== '');
  if (groups.length > maxGroups) throw wrong(actingGroupsHeader, header, `at most ${maxGroups} groups`);
  return groups;
}

function wayIn(header: string | string[] | undefined): Way {
  if (header === undefined) return 'token';
  const way = ways.find((one) => one === header);
  if (way === undefined) throw wrong(actingViaHeader, header, ways.join(', '));
  return way;
}

function addressIn(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const address = textOf(header, actingFromHeader);
  if (isIP(address) === 0) throw wrong(actingFromHeader, address, 'an address of IPv4 or IPv6');
  return address;
}

function keyIn(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = textOf(header, idempotencyHeader);
  if (!/^[\x21-\x7e]{8,200}$/.test(key)) throw wrong(idempotencyHeader, key, '8 to 200 letters of ASCII');
  return key;
}

function decoded(header: string | string[], place: string): string {
  const text = textOf(header, place);
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(place, text, 'percent-encoded UTF-8');
  }
}

function textOf(header: string | string[], place: string): string {
  if (typeof header === 'string') return header;
  throw wrong(place, header, 'one value');
}

function wrong(place: string, found: unknown, expected: string): PermanentError {
  return new PermanentError(
    'operations.wrong-name',
    `Expected in ${place} ${expected}, found ${JSON.stringify(found).slice(0, 200)}.`,
  );
}
