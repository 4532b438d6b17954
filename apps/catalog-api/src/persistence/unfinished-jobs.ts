import { endWords } from '../domain/states.js';
import type { Catalogue } from './catalogue.js';

/** Milliseconds: what others have stored since the last start, SciCat beside us or a version of before, is younger. */
const recently = 30 * 86_400_000;

/**
 * Marks jobs as unfinished that were stored by SciCat, or by versions before the mark. All of them are looked at once; later
 * starts look at the youngest. A job without a status of its own, as SciCat's second version kept them, stays as it is: nobody
 * waits for it. A job that ends meanwhile is as the filter wants it no more, and stays without. Can be repeated.
 */
export async function markUnfinishedJobs(catalogue: Catalogue, now: Date): Promise<void> {
  const mark = { _id: 'unfinished jobs' };
  const isDone = (await catalogue.upgrades.findOne(mark)) !== null;
  const young = isDone ? { createdAt: { $gte: new Date(now.getTime() - recently) } } : {};
  await catalogue.jobs.updateMany(
    {
      ...young,
      'catena.unfinished': { $exists: false },
      'catena.finished': { $ne: true },
      $or: [
        { statusCode: { $type: 'string', $not: endWords } },
        { 'catena.workflow': { $exists: true, $ne: 'none' } },
      ],
    },
    { $set: { 'catena.unfinished': true } },
  );
  if (!isDone) await catalogue.upgrades.updateOne(mark, { $set: { at: now } }, { upsert: true });
}
