import { Failure } from '#command-line';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly url: string;
}

/** SciCat answers 400 where a job is asked for by a user who is not in the dataset's group. */
const aboutOwner = /^Invalid new job\. /;

/** The one table from the server's answers to how a command ends. */
export function failureOf(status: number, message: string, { method, path, url }: Call): Failure {
  const call = `${method} ${path.split('?')[0]}`;
  switch (true) {
    case status === 401:
      return new Failure(
        'notAllowed',
        `Not signed in at ${url}, or the session has ended. Run: catena login`,
      );
    case status === 403 || (status === 400 && aboutOwner.test(message)):
      return new Failure(
        'notAllowed',
        `You may not do this: ${message} (${call}). Sign in as a member of the owner group.`,
      );
    case status === 409 || status === 412 || status === 422:
      return new Failure('conflict', message);
    case status >= 598:
      return new Failure(
        'unreachable',
        `Expected the Catena server at ${url}, got no answer (${message}). Is the address right and the server up?`,
      );
    case status >= 500 || status === 429:
      return new Failure(
        'unreachable',
        `The server at ${url} could not answer ${call} (${status}: ${message}). Try again later.`,
      );
    default:
      return new Failure('usage', `The server refused ${call} (${status}): ${whole(message)}`);
  }
}

function whole(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** The server's words, whichever of SciCat's forms they come in. */
export function explain(body: unknown): string {
  if (typeof body !== 'object' || body === null) return typeof body === 'string' ? body : 'no explanation';
  const { message, error } = body as { message?: unknown; error?: unknown };
  // Some answers add a sentence to SciCat's words; most only name their status.
  if (typeof message === 'string' && typeof error === 'string' && /\s.*\.$/.test(error))
    return `${message} ${error}`;
  const unknown = unknownFiles(error);
  if (typeof message === 'string' && unknown.length > 0)
    return `${message} Not found: ${unknown.join(', ')}.`;
  if (Array.isArray(message)) return message.join('; ');
  const fields = fieldFaults(message);
  if (fields !== undefined) return fields;
  return typeof message === 'string' ? message : JSON.stringify(body).slice(0, 500);
}

/** Names of files that datasets do not have: SciCat tells them in a JSON text beside its message. */
function unknownFiles(error: unknown): string[] {
  if (typeof error !== 'string' || !error.startsWith('[{"pid":')) return [];
  try {
    const lists = JSON.parse(error) as { readonly nonExistFiles?: readonly unknown[] }[];
    return lists.flatMap(({ nonExistFiles = [] }) =>
      nonExistFiles.slice(0, 10).map((name) => JSON.stringify(name)),
    );
  } catch {
    return [];
  }
}

/** v3 refuses fields of datasets with a JSON text inside its message. */
function fieldFaults(message: unknown): string | undefined {
  if (typeof message !== 'string' || !message.startsWith('[')) return undefined;
  try {
    const faults = (JSON.parse(message) as Fault[]).flatMap((fault) => faultText(fault));
    return faults.length === 0 ? undefined : faults.join('; ');
  } catch {
    return undefined;
  }
}

interface Fault {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly Fault[];
}

function faultText({ property, constraints = {}, children = [] }: Fault): string[] {
  const own = Object.entries(constraints).map(([kind, text]) =>
    kind === 'whitelistValidation' ? `the field "${property}" is not known` : text,
  );
  return [...own, ...children.flatMap((child) => faultText(child))];
}
