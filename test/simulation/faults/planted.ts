import { DatasetClaimRecords } from '../../../apps/catalog-api/src/persistence/dataset-claim-records.js';
import { JobRecords } from '../../../apps/catalog-api/src/persistence/job-records.js';
import type { JobRecord } from '../../../apps/catalog-api/src/persistence/records.js';
import type { WorkOrder } from '../../../apps/job-assembler/src/aggregates/records.js';
import { PermanentError } from '#kernel';
import type { WireMessage } from '#messaging';
import type { Installation, Replacements } from '../apps/installation.js';
import { retrievalBucket, type SimulatedApp } from '../apps/settings.js';
import type { PlantedFault } from '../run-story.js';
import type { DatabaseCall } from '../twins/database.js';

type Fields = Record<string, unknown>;

/** A fault of a kind that was made before, or could be made any day, and the invariants of which it breaks one. */
export interface NamedFault extends PlantedFault {
  readonly name: string;
  readonly breaks: readonly string[];
  /** The first seed that finds it, as far as is known. */
  readonly firstSeed: number;
}

/** Changes calls of one collection on their way to the database. */
function changing(
  app: keyof Installation['databases'],
  collection: string,
  change: (call: DatabaseCall, installation: Installation) => void,
): (installation: Installation) => void {
  return (installation) =>
    void installation.databases[app].before.push((call) => {
      if (call.collection === collection) change(call, installation);
    });
}

function without({ given }: DatabaseCall, ...fields: readonly string[]): void {
  const filter = { ...(given[0] as Fields) };
  for (const field of fields) delete filter[field];
  given[0] = filter;
}

function replacing(app: SimulatedApp, ...replacements: [unknown, (wiring: never) => unknown][]) {
  return new Map([[app, new Map(replacements) as unknown as Replacements]]);
}

export const plantedFaults: readonly NamedFault[] = [
  {
    name: 'an outbox forgets a message when the broker has confirmed it',
    breaks: ['every accepted job ends', 'all comes to rest'],
    firstSeed: 3,
    plant: (installation) => {
      for (const database of Object.values(installation.databases))
        database.before.push(({ method, given }) => {
          const [key] = Object.keys(((given[1] as Fields | undefined)?.['$set'] as Fields | undefined) ?? {});
          if (method !== 'updateOne' || key?.endsWith('rows.$[row].publishedAt') !== true) return;
          const [{ 'row.id': id }] = (given[2] as { arrayFilters: [{ 'row.id': unknown }] }).arrayFilters;
          given[1] = { $pull: { [key.replace('.$[row].publishedAt', '')]: { id } } };
          given[2] = {};
        });
    },
  },
  {
    name: 'the catalogue applies reports that come late',
    breaks: ['an end is final'],
    firstSeed: 22,
    // Neither the look at the job nor the write of the report asks whether it is over.
    replaced: replacing('catalog-api', [
      JobRecords,
      (wiring: { construct(type: unknown): JobRecords }) => {
        const records = wiring.construct(JobRecords);
        const find = records.find.bind(records);
        records.find = async (id) => {
          const job = await find(id);
          return job?.catena === undefined
            ? job
            : { ...job, catena: { ...job.catena, finished: false, reported: 0 } };
        };
        return records;
      },
    ]),
    plant: changing('catalog-api', 'Job', (call) => {
      if (call.method === 'findOneAndUpdate' && 'catena.reported' in (call.given[0] as Fields))
        without(call, 'catena.reported', 'catena.finished');
    }),
  },
  {
    name: 'an object store that is away is taken for one that refuses',
    breaks: ['passing faults fail nobody'],
    firstSeed: 32,
    plant: (installation) => {
      installation.storeAway = () =>
        new PermanentError('storage.refused', 'Expected the object, found a refusal.');
    },
  },
  {
    name: 'S5: a sweep takes claims of a job that is being stored, decided by what it has read',
    breaks: ['one job changes a dataset at a time', 'all comes to rest'],
    firstSeed: 61,
    plant: changing('catalog-api', 'Job', ({ method, given }) => {
      const filter = given[0] as Fields;
      // What is being stored is neither given up first, nor there when its claims are looked at.
      if (method === 'deleteMany' && filter['catena.storing'] === true) given[0] = { _id: 'none' };
      const isLook =
        method === 'findOne' &&
        Object.keys((given[1] as { projection?: object } | undefined)?.projection ?? {}).join() === '_id';
      if (isLook && Object.keys(filter).join() === '_id')
        given[0] = { ...filter, 'catena.storing': { $exists: false } };
    }),
  },
  {
    name: 'the end of a job puts back what its datasets said, also of those that are done',
    breaks: ['what a dataset says is true'],
    firstSeed: 0,
    replaced: replacing('catalog-api', [
      DatasetClaimRecords,
      (wiring: { construct(type: unknown): object }) =>
        Object.assign(wiring.construct(DatasetClaimRecords), { isOpen: () => Promise.resolve(true) }),
    ]),
    plant: changing('catalog-api', 'catena_dataset_claims', (call) => {
      // All claims of one job are a range of ids.
      if (call.method === 'find' && '$gt' in Object((call.given[0] as Fields)['_id'])) without(call, 'ended');
    }),
  },
  {
    name: 'S4: originals are released by their names, whatever lies there by now',
    breaks: ['an original goes only when its bytes are safe'],
    firstSeed: 3,
    plant: ({ objects }) => {
      objects.removeUnchanged = async (bucket, versions) => {
        await objects.remove(
          bucket,
          [...versions].map(({ key }) => key),
        );
        return [];
      };
    },
  },
  {
    name: 'a copy is read back from a cache, not from its medium',
    breaks: ['archived means that every copy is there', 'an original goes only when its bytes are safe'],
    firstSeed: 10,
    plant: ({ shares: [, share] }) => {
      const [create, read] = [share!.create.bind(share), share!.read.bind(share)];
      share!.create = async (name, token) => {
        const writer = await create(name, token);
        const commit = writer.commit.bind(writer);
        return Object.assign(writer, {
          commit: async () => {
            await commit();
            share!.lostOnMedium.add(name);
          },
        });
      };
      share!.read = (name, options) => read(name, { ...options, fresh: false });
    },
  },
  {
    name: 'a datablock is registered under a new id by each delivery',
    breaks: ['each file is archived once'],
    firstSeed: 29,
    plant: (installation) => {
      installation.databases['catalog-api'].withoutUnique.add('Datablock.archiveId');
      let count = 0;
      changing('catalog-api', 'Datablock', ({ method, given }) => {
        if (method === 'updateOne' && '$setOnInsert' in (given[1] as Fields))
          given[0] = { _id: `block-${(count += 1)}` };
      })(installation);
    },
  },
  {
    name: 'retrieved files are reported before the object store has them',
    breaks: ['retrieved means that it is there'],
    firstSeed: 16,
    plant: ({ objects, world }) => {
      const put = objects.put.bind(objects);
      objects.put = async (bucket, key, body, options) => {
        if (bucket !== retrievalBucket) return put(bucket, key, body, options);
        const chunks: Uint8Array[] = [];
        for await (const chunk of Buffer.isBuffer(body) ? [body] : body) chunks.push(chunk);
        const content = Buffer.concat(chunks);
        world.scheduler.after(
          5000,
          undefined,
          'the object arrives',
          () => void put(bucket, key, content, { ...options, size: content.length }),
        );
        return { etag: 'soon', size: content.length };
      };
    },
  },
  {
    name: 'work orders are written without their fencing token',
    breaks: ['only the holder of an order ends it'],
    firstSeed: 395,
    plant: changing('archiver', 'works', (call) => {
      if ('epoch' in (call.given[0] as Fields)) without(call, 'epoch');
    }),
  },
  {
    name: 'work is released without a count of what is released',
    breaks: ['limits hold'],
    firstSeed: 10,
    plant: changing('job-assembler', 'work_orders', ({ method, given }) => {
      if (method === 'aggregate' && JSON.stringify(given[0]).includes('"readAt"'))
        given[0] = [...(given[0] as object[]), { $match: { count: -1 } }];
    }),
  },
  {
    name: 'W2: the work of one group comes first while there is any',
    breaks: ['no group starves'],
    firstSeed: 350,
    plant: changing('job-assembler', 'work_orders', ({ method, given }, installation) => {
      if (method !== 'distinct' || given[0] !== 'group') return;
      const orders = installation.databases['job-assembler'].documents<WorkOrder>('work_orders');
      if (orders.some(({ state, group }) => state === 'planned' && group === 'amber'))
        given[1] = { ...(given[1] as Fields), group: 'amber' };
    }),
  },
  {
    name: 'a fault that passes is taken for one that stays',
    breaks: ['no message is lost, and none is left', 'all comes to rest'],
    firstSeed: 0,
    plant: ({ broker }) => {
      const route = broker.route.bind(broker);
      broker.route = (message: WireMessage, userId) =>
        route({ ...message, routingKey: message.routingKey.replace(/[.]retry[.].*$/, '.dead') }, userId);
    },
  },
  {
    name: 'a request to cancel wins though it came too late',
    breaks: ['a cancelled job leaves datasets done or untouched', 'an end is final'],
    firstSeed: 18,
    plant: changing('catalog-api', 'Job', ({ method, given }, installation) => {
      const set = (given[1] as { $set?: Fields } | undefined)?.$set;
      if (method !== 'findOneAndUpdate' || set?.['catena.finished'] !== true) return;
      const jobs = installation.databases['catalog-api'].documents<JobRecord>('Job');
      const job = jobs.find(({ _id }) => _id === (given[0] as Fields)['_id']);
      if (job?.catena?.cancelRequested === true)
        given[1] = { ...(given[1] as Fields), $set: { ...set, statusCode: 'jobCancel' } };
    }),
  },
  {
    name: 'a file that is to be discarded stays where it is',
    breaks: ['nothing is left on storage that nobody knows', 'all comes to rest'],
    firstSeed: 2,
    plant: ({ shares }) => {
      shares[1]!.setAside = () => Promise.resolve(true);
    },
  },
];
