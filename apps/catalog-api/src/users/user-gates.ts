import { Refusal } from '../domain/errors.js';
import { accessTable } from '../domain/access-table.js';
import type { AccessRules, Caller } from '../domain/access.js';
import { signedIn } from '../http/gates.js';

/** Oneself, or an admin. @throws Refusal 401 or 403 */
export function selfOrAdmin(rules: AccessRules, caller: Caller | undefined, id: string): Caller {
  const somebody = signedIn(caller);
  if (somebody._id !== id && !rules.admits(accessTable.user.manage, somebody))
    throw new Refusal(403, 'Access Forbidden or Unauthorized');
  return somebody;
}

/** @throws Refusal 401 or 403 */
export function onlyAdmin(rules: AccessRules, caller: Caller | undefined): Caller {
  const somebody = signedIn(caller);
  if (!rules.admits(accessTable.user.manage, somebody)) throw new Refusal(403, 'Forbidden resource');
  return somebody;
}
