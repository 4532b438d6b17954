import { CatenaError } from '#kernel';
import { BrokerVisit } from '#messaging';
import type { CheckScicatSettings } from './settings.js';
import { missing, NoAnswer, ok, warning, type Finding } from './verdict.js';

/** Looks at the queue of the feed, and makes, reads and binds nothing. */
export async function lookAtFeed({ url, queue }: NonNullable<CheckScicatSettings['feed']>): Promise<Finding> {
  try {
    const visit = await BrokerVisit.begin(url, 'catena-admin check-scicat');
    try {
      const look = await visit.look(queue);
      if (look === undefined)
        return missing(
          `the broker has no queue ${queue}`,
          `JOB_CONFIGURATION_FILE: { actionType: rabbitmq, exchange: jobs.write, queue: ${queue}, key: catena } (SciCat makes it with its first job; the bridge makes it when it starts)`,
        );
      const waiting = `${look.messages} messages wait in ${queue}`;
      if (look.consumers === 0) return ok(waiting);
      return warning(
        `${waiting}, and others consume it (${look.consumers}): each job goes to one of them only`,
        'stop them, unless they are scicat-bridge itself; for a second listener name another queue in SciCat and in SCICAT_FEED_QUEUE',
      );
    } finally {
      await visit.end();
    }
  } catch (error) {
    if (error instanceof CatenaError) throw new NoAnswer(error.message);
    throw error;
  }
}
