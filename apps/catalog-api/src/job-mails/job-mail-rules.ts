import type { JobMailKind, JobRecord } from '../persistence/records.js';

/** What the policy of a group says about mails. */
export interface MailPolicy {
  readonly archiveEmailNotification?: boolean;
  readonly archiveEmailsToBeNotified?: readonly string[];
  readonly retrieveEmailNotification?: boolean;
  readonly retrieveEmailsToBeNotified?: readonly string[];
}

/** One mail goes to no more addresses than that. */
const maxRecipients = 100;

const failures: readonly string[] = ['finishedUnsuccessful', 'finishedWithDatasetErrors'];

/** Whether the mail tells of a job that did not do all it was asked for. */
export function tellsOfFailure(kind: JobMailKind, { statusCode }: Pick<JobRecord, 'statusCode'>): boolean {
  return kind === 'end' && failures.includes(statusCode);
}

/**
 * Who gets a mail of a job, each address once: those that the policy of its group names and whoever posted it, if the policy wants
 * mails for what it does; at its end those whom the routes name; and of a failure always whoever posted it, and the archive
 * managers. What is not an address is left out.
 */
export function recipientsOf(
  kind: JobMailKind,
  job: JobRecord,
  policy: MailPolicy | undefined,
  archiveManagers: readonly string[],
): readonly string[] {
  const initiator = addressesIn(job.contactEmail);
  const wanted: string[] = [...notifiedBy(policy, job, initiator)];
  const ofRoutes = job.catena?.mails?.[kind]?.also ?? [];
  wanted.push(...ofRoutes.flatMap((one) => (one === 'owner' ? initiator : addressesIn(one))));
  if (tellsOfFailure(kind, job)) wanted.push(...initiator, ...archiveManagers.flatMap(addressesIn));
  const once = new Map(wanted.map((address) => [address.toLowerCase(), address]));
  return [...once.values()].slice(0, maxRecipients);
}

function notifiedBy(
  policy: MailPolicy | undefined,
  { catena }: JobRecord,
  initiator: readonly string[],
): readonly string[] {
  const { workflow } = catena ?? {};
  if (policy === undefined || (workflow !== 'archive' && workflow !== 'retrieve')) return [];
  if (policy[`${workflow}EmailNotification`] !== true) return [];
  return [...initiator, ...(policy[`${workflow}EmailsToBeNotified`] ?? []).flatMap(addressesIn)];
}

/** SciCat puts several addresses into one text. */
function addressesIn(text: unknown): string[] {
  if (typeof text !== 'string') return [];
  return text
    .split(/[\s,;]+/)
    .filter((word) => /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(word) && word.length <= 320);
}
