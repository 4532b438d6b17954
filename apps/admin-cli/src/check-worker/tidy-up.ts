import { Missing } from './missing.js';
import type { Scene } from './scene.js';

/** Has the copies of the checks removed. @returns archive ids of those that may still be there */
export async function tidyUp(scene: Scene): Promise<string[]> {
  scene.check = 'tidy-up';
  const orders = scene.copies.map((copy) => ({ copy, order: scene.order('remove', copy) }));
  for (const { order } of orders) await order.send();
  const left: string[] = [];
  let isSilent = false;
  for (const { copy, order } of orders) {
    // Whoever is silent once is not waited for again and again.
    const kind: string | undefined = isSilent
      ? undefined
      : await order.end().then((end) => end.kind, silence);
    isSilent = kind === undefined;
    if (kind !== 'copy-removed') left.push(copy.archiveId);
  }
  return left;
}

function silence(error: unknown): undefined {
  if (!(error instanceof Missing)) throw error;
}
