import { createHash } from 'node:crypto';
import type { ConsoleSession, Permission } from '#console-api';

/** A signed-in person, as the cookie keeps it. Times are milliseconds since 1970. */
export interface Session {
  /** Of catalog-api; absent in an emergency. It never leaves the server unsealed. */
  readonly token?: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly permissions: readonly Permission[];
  /** When the rights were read. */
  readonly rightsAt: number;
  readonly until: number;
  /** Digest of the emergency token that opened it: another token ends it. */
  readonly emergency?: string;
}

/** A session with the rights of this moment, or of the last time that catalog-api could be asked. */
export interface CurrentSession extends Session {
  /** Tells sessions apart; no secret can be made of it. */
  readonly key: string;
  /** catalog-api does not say the rights any more. */
  readonly stale: boolean;
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** What the browser may know of it. */
export function shown({ username, groups, permissions, ...session }: CurrentSession): ConsoleSession {
  return {
    ...{ username, groups, permissions },
    until: new Date(session.until).toISOString(),
    rightsAt: new Date(session.rightsAt).toISOString(),
    stale: session.stale,
    emergency: session.emergency !== undefined,
  };
}

/** Whether it permits something for the records of everybody. */
export function permits(
  { permissions }: Pick<Session, 'permissions'>,
  action: Permission['action'],
): boolean {
  return permissions.some((one) => one.action === action && one.reach === 'all');
}
