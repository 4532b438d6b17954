import type { ConsoleSession, Permission } from '#console-api';
import type { Texts } from '../texts/texts-en.js';

interface About {
  readonly type?: string;
  readonly ownerUser?: string | undefined;
  readonly ownerGroup?: string | undefined;
}

/** Why a person may not do it, in words; undefined where it is allowed. The app that owns it decides again. */
export function refusal(
  session: Pick<ConsoleSession, 'username' | 'groups' | 'permissions'>,
  action: Permission['action'],
  t: Texts,
  about?: About,
): string | undefined {
  const given = session.permissions.filter((one) => one.action === action);
  if (given.length === 0) return t.act.noRight(action);
  if (given.some(({ reach }) => reach === 'all')) return undefined;
  const [first] = given;
  const isOwn =
    about === undefined ||
    about.ownerUser === session.username ||
    (about.ownerGroup !== undefined && session.groups.includes(about.ownerGroup));
  if (!isOwn) return t.act.ownOnly(first?.rule ?? '');
  const fits = given.some(
    ({ jobTypes }) => jobTypes === undefined || about?.type === undefined || jobTypes.includes(about.type),
  );
  return fits ? undefined : t.act.typesOnly(given.flatMap(({ jobTypes = [] }) => jobTypes).join(', '));
}

/** Why a person may not do it to whatever record, in words: as {@link refusal} for what the console asks for all of them only. */
export function refusalForAll(
  session: Pick<ConsoleSession, 'permissions'>,
  action: Permission['action'],
  t: Texts,
): string | undefined {
  const given = session.permissions.filter((one) => one.action === action);
  if (given.some(({ reach }) => reach === 'all')) return undefined;
  return given.length === 0 ? t.act.noRight(action) : t.act.allOnly(action);
}

export function may(
  session: Pick<ConsoleSession, 'permissions'> | undefined,
  action: Permission['action'],
): boolean {
  return session?.permissions.some((one) => one.action === action) === true;
}

/** Sees what others do, and how the apps are. */
export function isOperator(session: Pick<ConsoleSession, 'permissions'> | undefined): boolean {
  return may(session, 'operations.read');
}
