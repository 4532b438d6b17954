import type { AppName } from '#contracts';
import type { Installation } from './installation.js';

interface Handled {
  readonly app: AppName;
  readonly messageId: string;
}

function byApp(messages: readonly Handled[]): ReadonlyMap<AppName, string[]> {
  const ids = new Map<AppName, string[]>();
  for (const { app, messageId } of messages) ids.set(app, [...(ids.get(app) ?? []), messageId]);
  return ids;
}

/** Has the apps forget that they handled these messages: a further delivery gets past the inbox, to the handlers. */
export async function forgetHandled(installation: Installation, messages: readonly Handled[]): Promise<void> {
  for (const [app, ids] of byApp(messages))
    await installation.withDatabase(app, (database) =>
      database.collection<{ _id: string }>('catena_inbox').deleteMany({ _id: { $in: ids } }),
    );
}

/** Whether handlers have been through with all of them. */
export async function areHandled(installation: Installation, messages: readonly Handled[]): Promise<boolean> {
  for (const [app, ids] of byApp(messages)) {
    const known = await installation.withDatabase(app, (database) =>
      database
        .collection<{ _id: string }>('catena_inbox')
        .countDocuments({ _id: { $in: ids }, digest: { $exists: true } }),
    );
    if (known < new Set(ids).size) return false;
  }
  return true;
}
