import { Injectable } from '@nestjs/common';
import { WorkFigures, type LaneWaiting } from '../aggregates/work-figures.js';
import { AssemblerStore } from './assembler-store.js';

const done = { $multiply: ['$bytes', '$share'] };

/** Numbers about the collection `work_orders`. What waits may be much, and is counted in an index; the rest is little. */
@Injectable()
export class MongoWorkFigures extends WorkFigures {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async waiting(): Promise<LaneWaiting[]> {
    const rows = await this.store.orders
      .aggregate<{ _id: string; count: number; oldest: Date }>([
        { $match: { state: 'planned' } },
        { $group: { _id: '$target', count: { $sum: 1 }, oldest: { $min: '$createdAt' } } },
      ])
      .toArray();
    return rows.map(({ _id: lane, count, oldest }) => ({ lane, count: Number(count), oldest }));
  }

  async moved(since: Date): Promise<ReadonlyMap<string, number>> {
    const [ended, begun] = await Promise.all([
      this.bytesByLane({ endedAt: { $gte: since }, state: 'done' }, '$bytes'),
      this.bytesByLane({ state: 'released', releasedAt: { $gte: since } }, done),
    ]);
    return sum(ended, begun);
  }

  async left(jobId?: string): Promise<ReadonlyMap<string, number>> {
    const whose = jobId === undefined ? {} : { jobId };
    const [planned, released] = await Promise.all([
      this.bytesByLane({ ...whose, state: 'planned' }, '$bytes'),
      this.bytesByLane({ ...whose, state: 'released' }, { $subtract: ['$bytes', done] }),
    ]);
    return sum(planned, released);
  }

  private async bytesByLane(match: object, bytes: string | object): Promise<ReadonlyMap<string, number>> {
    const rows = await this.store.orders
      .aggregate<{ _id: string; bytes: number }>([
        { $match: match },
        { $group: { _id: '$target', bytes: { $sum: bytes } } },
      ])
      .toArray();
    return new Map(rows.map((row) => [row._id, Number(row.bytes)]));
  }
}

function sum(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const lanes = new Set([...one.keys(), ...other.keys()]);
  return new Map([...lanes].map((lane) => [lane, (one.get(lane) ?? 0) + (other.get(lane) ?? 0)]));
}
