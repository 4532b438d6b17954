import { Failure } from '#command-line';
import { codeOf, messageOf } from '#kernel';
import * as client from '#operations-client';

/** The apps of OPERATIONS_APPS_FILE. @throws Failure `usage` that says what is wrong with the file */
export async function operatedApps(file: string | undefined): Promise<client.OperatedApp[]> {
  return client.operatedApps(file).catch(asUsage);
}

/** @throws Failure `usage` for an unknown name */
export function chosen(apps: readonly client.OperatedApp[], only: string | undefined): client.OperatedApp[] {
  try {
    return client.chosen(apps, only);
  } catch (error) {
    return asUsage(error);
  }
}

function asUsage(error: unknown): never {
  if (codeOf(error, '') === client.wrongAppsFile) throw new Failure('usage', messageOf(error), error);
  throw error;
}
