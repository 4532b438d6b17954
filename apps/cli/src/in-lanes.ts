/** Does the same for each item, a few at a time. The first fault stops the others before their next item. */
export async function inLanes<Item>(
  lanes: number,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let stopped = false;
  const lane = async (): Promise<void> => {
    for (const item of waiting) {
      if (stopped) return;
      await act(item).catch((error: unknown) => {
        stopped = true;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
