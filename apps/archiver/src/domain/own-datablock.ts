import { pidAsName, PermanentError } from '#kernel';

interface Named {
  readonly pid: string;
  readonly archiveId: string;
}

/**
 * A message that names a datablock of another dataset is a mistake or an attack: anybody may register any archive id.
 *
 * @throws PermanentError `archiver.datablock-foreign`
 */
export function refuseForeign(known: { readonly pid: string }, { pid, archiveId }: Named): void {
  if (known.pid !== pid)
    throw new PermanentError(
      'archiver.datablock-foreign',
      `Expected a datablock of dataset ${pid} under ${archiveId}, found one of another dataset. Correct the datablock in the catalogue.`,
      { details: { pid, archiveId } },
    );
}

/**
 * A new datablock lies below the name of its dataset and its job, so no two can meet.
 *
 * @throws PermanentError `archiver.datablock-foreign`
 */
export function refuseForeignName({ pid, archiveId, jobId }: Named & { readonly jobId: string }): void {
  const folder = `${pidAsName(pid)}/${jobId}/`;
  if (!archiveId.startsWith(folder) || archiveId.slice(folder.length).includes('/'))
    throw new PermanentError(
      'archiver.datablock-foreign',
      `Expected an archive id below ${folder}, found ${archiveId}. Retry the job, so that it is planned anew.`,
      { details: { pid, archiveId } },
    );
}

/** Whether it has the form of the archive ids that Catena gives: name of the dataset, job, number. */
export function isNamedByCatena(archiveId: string): boolean {
  return /^[^/]+\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/\d{5}\.tar$/.test(archiveId);
}
