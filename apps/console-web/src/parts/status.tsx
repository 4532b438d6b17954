import type { ReactElement } from 'react';
import { Icon, type Shape } from './icons.js';
import { visible } from './visible.js';
import { useWords, wordOf } from './words.js';

type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'calm';
type Look = readonly [Shape, Tone];

/** Status = word + shape + colour: none of them says it alone. */
const looks: Readonly<Record<string, Look>> = {
  jobSubmitted: ['ring', 'calm'],
  queued: ['ring', 'calm'],
  inProgress: ['half', 'busy'],
  cancelling: ['dash', 'wait'],
  finishedSuccessful: ['tick', 'good'],
  finishedUnsuccessful: ['cross', 'bad'],
  finishedWithDatasetErrors: ['triangle', 'wait'],
  jobCancelled: ['dash', 'calm'],
  waiting: ['ring', 'calm'],
  waits: ['clock', 'wait'],
  held: ['half', 'busy'],
  runs: ['half', 'busy'],
  running: ['half', 'busy'],
  released: ['half', 'busy'],
  due: ['ring', 'busy'],
  silent: ['triangle', 'bad'],
  succeeded: ['tick', 'good'],
  done: ['tick', 'good'],
  replayed: ['tick', 'good'],
  finished: ['tick', 'good'],
  failed: ['cross', 'bad'],
  refused: ['cross', 'wait'],
  cancelled: ['dash', 'calm'],
  discarded: ['dash', 'calm'],
  stopped: ['dash', 'calm'],
  parked: ['triangle', 'wait'],
  begun: ['half', 'busy'],
  up: ['tick', 'good'],
  alive: ['tick', 'good'],
  away: ['cross', 'bad'],
  pause: ['dash', 'wait'],
  drain: ['clock', 'wait'],
  verified: ['tick', 'good'],
  damaged: ['triangle', 'bad'],
  missing: ['cross', 'bad'],
  repairing: ['half', 'busy'],
  present: ['tick', 'good'],
  recalling: ['half', 'busy'],
  removing: ['half', 'busy'],
  returning: ['half', 'busy'],
};
const plain: Look = ['ring', 'calm'];

/** The status of a job, or the state of a part, a message, a run. Words of other systems stand as they came. */
export function Status({ code, word }: { readonly code: string; readonly word?: string }): ReactElement {
  const { t } = useWords();
  const [shape, tone] = Object.hasOwn(looks, code) ? (looks[code] ?? plain) : plain;
  const text = word ?? wordOf(t.status, wordOf(t.partStates, code));
  return (
    <span className={`status ${tone}`}>
      <Icon shape={shape} />
      <bdi>{visible(text).slice(0, 60)}</bdi>
    </span>
  );
}

/** What has ended well, badly or otherwise; of unknown words by how they begin, as today's systems end jobs. */
export function isOver(statusCode: string): boolean {
  return /^(finished|completed|jobCancel)/.test(statusCode);
}

/** A job whose end was asked for, and that goes on, is being cancelled. */
export function shownStatus(job: { readonly statusCode: string; readonly cancel?: unknown }): string {
  return job.cancel !== undefined && !isOver(job.statusCode) ? 'cancelling' : job.statusCode;
}
