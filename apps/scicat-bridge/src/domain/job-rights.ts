import type { Workflow } from '#contracts';
import { lifecycleSteps } from '#scicat-words';
import type { ScicatDataset, ScicatJob, ScicatLifecycle } from '../scicat/scicat.js';

/** Words of a retrieval that is under way, for this job or another one. */
const retrieving: readonly (string | undefined)[] = [
  lifecycleSteps.retrieveScheduled.change.retrieveStatusMessage,
  lifecycleSteps.retrieveStarted.change.retrieveStatusMessage,
];

/**
 * What is put back should the job end without success, where that is not what its dataset says now: SciCat's v3 marks datasets itself as
 * it takes a job, and a retrieval may be under way already.
 */
export function beforeScheduling(
  workflow: Workflow,
  { archiveStatusMessage, retrieveStatusMessage }: ScicatLifecycle,
  marksItself: boolean,
): ScicatLifecycle | undefined {
  const scheduled = lifecycleSteps.archiveScheduled.change.archiveStatusMessage;
  if (workflow === 'archive' && marksItself && archiveStatusMessage === scheduled)
    return { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' };
  return workflow === 'retrieve' && retrieving.includes(retrieveStatusMessage)
    ? { retrieveStatusMessage: '' }
    : undefined;
}

/**
 * Whether the job's group may have this done, as SciCat's example configuration says it: whoever owns the dataset
 * (`#datasetOwner`), and for what only reads whoever may see it (`#datasetAccess`). The workflows that move and mend copies are for
 * privileged people alone.
 */
export function mayAsk(
  workflow: Workflow,
  { ownerGroup, createdBy }: Pick<ScicatJob, 'ownerGroup' | 'createdBy'>,
  dataset: Pick<ScicatDataset, 'ownerGroup' | 'accessGroups' | 'isPublished'>,
  privileged: readonly string[],
): boolean {
  // What SciCat itself wrote down: for whom a job is says whoever posted it.
  if (createdBy !== undefined && privileged.includes(createdBy)) return true;
  if (workflow === 'repair' || workflow === 'migrate' || workflow === 'none') return false;
  const owns = ownerGroup !== undefined && ownerGroup !== '' && ownerGroup === dataset.ownerGroup;
  if (workflow === 'archive' || workflow === 'reset') return owns;
  return (
    owns || dataset.isPublished || (ownerGroup !== undefined && dataset.accessGroups.includes(ownerGroup))
  );
}
