import { accessTable } from '../domain/access-table.js';
import { AdmitsIf } from '../http/admits.decorator.js';

/** Lets in the user whose `id` the address names, and admins. */
export const SelfOrAdmin = () =>
  AdmitsIf(
    ({ caller, rules, request }) =>
      caller?._id === (request.params as { id?: string }).id || rules.admits(accessTable.user.manage, caller),
    { anonymous: 401, text: 'Access Forbidden or Unauthorized' },
  );
