import { looksLikeMailAddress } from '#kernel';
import type { JobMail, JobMailKind, JobRecord } from '../persistence/records.js';

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

/** A mail of a job, and what it tells of: what the job says when it is sent may be something else by then. */
export interface ToldMail {
  readonly kind: JobMailKind;
  readonly statusCode: string;
  readonly statusMessage: string;
}

/** A mail that was written before 0.7 has no state of its own: it tells of that of the job. */
export function toldBy(kind: JobMailKind, job: JobRecord, mail: JobMail): ToldMail {
  const { statusCode, statusMessage } = job;
  return { kind, ...(mail.told ?? { statusCode, statusMessage }) };
}

/** Whether the mail tells of a job that did not do all it was asked for. */
export function tellsOfFailure({ kind, statusCode }: ToldMail): boolean {
  return kind === 'end' && failures.includes(statusCode);
}

/**
 * Who gets a mail of a job, each address once: of a failure always the archive managers, who are never too many, and whoever posted
 * it; those that the policy of its group names and whoever posted it, if the policy wants mails for what it does; and at its end
 * those whom the routes name. What is not an address is left out.
 */
export function recipientsOf(
  told: ToldMail,
  job: JobRecord,
  policy: MailPolicy | undefined,
  archiveManagers: readonly string[],
): readonly string[] {
  const initiator = addressesIn(job.catena?.initiator ?? job.contactEmail);
  const wanted: string[] = [];
  if (tellsOfFailure(told)) wanted.push(...archiveManagers.flatMap(addressesIn), ...initiator);
  wanted.push(...notifiedBy(policy, job, initiator));
  const ofRoutes = job.catena?.mails?.[told.kind]?.also ?? [];
  wanted.push(...ofRoutes.flatMap((one) => (one === 'owner' ? initiator : addressesIn(one))));
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
  return text.split(/[\s,;]+/).filter(looksLikeMailAddress);
}
