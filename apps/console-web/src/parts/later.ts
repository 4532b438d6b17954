import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/**
 * A part that is fetched behind the first page. Where it cannot be fetched (the console was updated meanwhile) a simpler one
 * stands in for it, which is shown while it is on its way, too.
 */
export function later<Props>(
  load: () => Promise<ComponentType<Props>>,
  simpler: ComponentType<Props>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch {
      return { default: simpler };
    }
  });
}
