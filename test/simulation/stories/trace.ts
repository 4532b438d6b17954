import type { Installation } from '../apps/installation.js';
import { playStory, type Circumstances, type Outcome } from '../run-story.js';
import type { Moment } from '../world/scheduler.js';
import { describe } from './actors.js';
import type { Story } from './story.js';

/** Characters of what a call was given. */
const maxGiven = 160;
/** Lines of a trace; the last ones tell most. */
const maxLines = 400;

/** Plays a story again and tells it, line by line: what happened at the installation, every write, every message. */
export async function traced(
  story: Story,
  how: Circumstances,
): Promise<{ readonly outcome: Outcome; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  let now = (): number => 0;
  const tell = (who: string, what: string): void => {
    lines.push(`${now().toFixed(0).padStart(8)}  ${who.padEnd(13)}  ${what}`);
  };
  const outcome = await playStory(story, {
    ...how,
    heard: (moment) => {
      if (isTold(moment)) tell(moment.owner?.name ?? '', moment.what);
    },
    observe: (installation) => {
      const { scheduler, began } = installation.world;
      now = () => scheduler.now - began;
      follow(installation, tell);
    },
  });
  const left = Math.max(0, lines.length - maxLines);
  return { outcome, lines: left === 0 ? lines : [`… ${left} lines before`, ...lines.slice(left)] };
}

function follow(installation: Installation, tell: (who: string, what: string) => void): void {
  for (const database of Object.values(installation.databases))
    database.afterWrites.push(({ process, collection, method, given }) => {
      if (method.startsWith('createIndex') || isPoll(collection, given)) return;
      tell(process, `${collection}.${method} ${given.map(inShort).join(' ')}`);
    });
  installation.broker.watchers.push((message, what) =>
    tell('broker', `${what} ${message.type} ${message.messageId.slice(0, 8)} for ${message.routingKey}`),
  );
  installation.objects.removals.push((bucket, key) => tell('store', `removes ${bucket}/${key}`));
}

/** Writes that come again and again while nothing is to be done. */
function isPoll(collection: string, given: readonly unknown[]): boolean {
  return collection === 'leases' || JSON.stringify(given[0] ?? {}).includes('"$lte"');
}

function isTold({ what, owner }: Moment): boolean {
  return (
    / ms  | starts$|may start|is mounted|broker is back|deliver| gets | asks again|has no answer/.test(
      what,
    ) ||
    (owner === undefined && /create[.]commit|setAside|removeSetAside|put$/.test(what))
  );
}

function inShort(given: unknown): string {
  return (JSON.stringify(given) ?? '').replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, '$1…').slice(0, maxGiven);
}

/** A story as people read it. */
export function told({ seed, weather, datasets, steps }: Story): string[] {
  const bad = Object.entries(weather).filter(([, value]) => value > 0);
  return [
    `seed ${seed}; weather: ${bad.length === 0 ? 'calm' : bad.map(([name, value]) => `${name} ${value.toFixed(4)}`).join(', ')}`,
    ...datasets.map(
      ({ pid, group, files }) => `   dataset ${pid} of ${group}: ${files.map(({ path }) => path).join(', ')}`,
    ),
    ...steps.map(describe),
  ];
}
