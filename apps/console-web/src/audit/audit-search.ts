import { actions, type Action } from '#console-api';

/** What the audit trail is narrowed to, as the address says. */
export interface AuditSearch {
  readonly by?: string;
  readonly subject?: string;
  readonly action?: Action;
  readonly jobId?: string;
}

const longest = 500;

export function auditSearchFrom(search: Readonly<Record<string, unknown>>): AuditSearch {
  const action = actions.find((one) => one === search['action']);
  const by = textIn(search['by']);
  const subject = textIn(search['subject']);
  const jobId = textIn(search['jobId']);
  return {
    ...(by === undefined ? {} : { by }),
    ...(subject === undefined ? {} : { subject }),
    ...(action === undefined ? {} : { action }),
    ...(jobId === undefined ? {} : { jobId }),
  };
}

function textIn(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.length > longest ? undefined : text;
}
