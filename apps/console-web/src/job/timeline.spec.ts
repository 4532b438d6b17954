import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HistoryEntry, TrailEntry } from '../calls/shapes.js';
import { timelineOf } from './timeline.js';

const report = (at: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{ at, by: 'catena', statusCode: 'inProgress', statusMessage: 'Working' },
  ...more,
});
const act = (at: string, more: Partial<TrailEntry> = {}): TrailEntry => ({
  ...{ id: at, at, by: 'olga', via: 'console', action: 'job.cancel', subject: 'job/1', outcome: 'done' },
  ...{ app: 'catalog-api', reason: 'wrong run' },
  ...more,
});

describe('The timeline of a job', () => {
  it('has reports and acts in one order, the newest first', () => {
    const story = timelineOf(
      [report('2026-11-29T10:00:00Z'), report('2026-11-29T12:00:00Z')],
      [act('2026-11-29T11:00:00Z')],
    );
    assert.deepEqual(
      story.map(({ kind, what }) => [kind, what]),
      [
        ['status', 'inProgress'],
        ['act', 'job.cancel'],
        ['status', 'inProgress'],
      ],
    );
  });

  it('tells once what both tell, with the reason and the outcome', () => {
    const asked = report('2026-11-29T11:00:01Z', { by: 'olga', event: 'cancel-requested' });
    const story = timelineOf([asked], [act('2026-11-29T11:00:00Z', { outcome: 'refused' })]);
    assert.equal(story.length, 1);
    assert.deepEqual([story[0]?.reason, story[0]?.outcome], ['wrong run', 'refused']);
  });

  it('keeps what only one of them tells', () => {
    const asked = report('2026-11-29T11:00:00Z', { by: 'anna', event: 'cancel-requested' });
    assert.equal(timelineOf([asked], [act('2026-11-29T11:00:00Z')]).length, 2, 'another person');
    const later = report('2026-11-29T11:10:00Z', { by: 'olga', event: 'cancel-requested' });
    assert.equal(timelineOf([later], [act('2026-11-29T11:00:00Z')]).length, 2, 'another time');
    assert.equal(timelineOf([asked], []).length, 1);
    assert.equal(timelineOf([], [act('2026-11-29T11:00:00Z')]).length, 1);
  });

  it('bears times that are none', () => {
    assert.equal(timelineOf([report('soon')], [act('2026-11-29T11:00:00Z')])[0]?.kind, 'act');
  });
});
