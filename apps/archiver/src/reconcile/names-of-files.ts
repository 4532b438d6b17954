import { pidOfName } from '#kernel';

/** What the name of a tar says. */
export interface NamedTar {
  readonly pid: string;
  readonly jobId: string;
}

const form = /^([^/]+)\/([^/]+)\/\d+\.tar$/;

/** Whether it is a name such as archive ids have, `<dataset>/<job>/<number>.tar`. */
export function isArchiveId(name: string): boolean {
  return form.test(name);
}

/** Undefined where nobody can say of which dataset it is: of long pids the name has a digest, and former names were not one-to-one. */
export function namedBy(name: string): NamedTar | undefined {
  const [, folder = '', jobId = ''] = form.exec(name) ?? [];
  const pid = folder === '' ? undefined : pidOfName(folder);
  return pid === undefined ? undefined : { pid, jobId };
}
