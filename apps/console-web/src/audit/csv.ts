import type { AuditEntry } from '#console-api';

const columns = [
  'at',
  'app',
  'by',
  'via',
  'action',
  'subject',
  'jobId',
  'reason',
  'outcome',
  'fault',
] as const;

/**
 * As a table for other programs. What would be a formula there is made a text.
 *
 * @param cut what the last row says where older entries are left out
 */
export function csvOf(entries: readonly (AuditEntry & { readonly app: string })[], cut?: string): string {
  const rows = entries.map((entry) =>
    columns.map((name) => (name === 'fault' ? (entry.fault?.code ?? '') : String(entry[name] ?? ''))),
  );
  return [columns as readonly string[], ...rows, ...(cut === undefined ? [] : [[cut]])]
    .map((row) => row.map(cell).join(','))
    .join('\r\n');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
