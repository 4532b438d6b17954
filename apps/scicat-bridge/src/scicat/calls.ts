import { isFields } from './answers.js';
import { refused } from './scicat-errors.js';
import type { ScicatAnswer } from './scicat-session.js';

/**
 * An id as one part of an address.
 *
 * @throws PermanentError `scicat.refused` for what no address can name
 */
export function partOf(id: string): string {
  // These lead to another address, before anything is asked.
  if (id === '' || id === '.' || id === '..' || /\p{Surrogate}/u.test(id))
    throw refused(`Expected an id that an address can name, found ${JSON.stringify(id)}.`, 400);
  return encodeURIComponent(id);
}

/** An address with parameters, each as JSON. */
export function withQuery(path: string, parameters: Readonly<Record<string, object>>): string {
  const query = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`,
  );
  return `${path}?${query.join('&')}`;
}

/** Whether SciCat has no such route: of an address that leads elsewhere, or of a version that is older. */
export function isRouteMissing({ status, body }: ScicatAnswer): boolean {
  return status === 404 && isFields(body) && /^Cannot [A-Z]+ /.test(String(body['message']));
}

/** Whether SciCat says that it has no such record: in its own form, as what stands before it says the same of what it does not know. */
export function isRecordMissing(answer: ScicatAnswer): boolean {
  const { status, body } = answer;
  if (status !== 404 || !isFields(body) || isRouteMissing(answer)) return false;
  return typeof body['message'] === 'string' && [body['statusCode'], body['status']].includes(404);
}

/** Whether SciCat says that it has no such job. */
export function isJobMissing(answer: ScicatAnswer): boolean {
  const { status, body } = answer;
  if (status === 400 && isFields(body) && body['message'] === 'Invalid job id.') return true;
  return isRecordMissing(answer);
}

/** @throws PermanentError `scicat.refused` unless it is a success */
export function succeeded(answer: ScicatAnswer, what: string): ScicatAnswer {
  if (answer.status < 300) return answer;
  const hint = isRouteMissing(answer)
    ? ' There is no such route: check the address and version of SciCat.'
    : '';
  throw refused(
    `Expected SciCat to do ${what}, found ${answer.status}: ${answer.told}${hint}`,
    answer.status,
  );
}
