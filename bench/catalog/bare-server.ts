import { randomUUID } from 'node:crypto';
import { compare } from '@node-rs/bcrypt';
import { fastify } from 'fastify';
import jwt from 'jsonwebtoken';
import { mongo } from 'mongoose';
import { asker } from './datasets.js';
import { facets } from './queries.js';

/**
 * The limit: Fastify and the driver, the same queries as catalog-api's, and nothing else (no sign-in, no rights, no
 * validation, no history). Started by catalog.bench.ts with MONGODB_URI; prints its port.
 */
type Fields = Record<string, unknown>;
type Stored = { _id: string; [field: string]: unknown };

const client = await new mongo.MongoClient(process.env['MONGODB_URI'] ?? '', {
  writeConcern: { w: 'majority', journal: true },
  maxPoolSize: 40,
}).connect();
const database = client.db();
const datasets = database.collection<Stored>('Dataset');
const own = [{ ownerGroup: { $in: asker.groups } }, { accessGroups: { $in: asker.groups } }];
const mayRead = { $or: [...own, { isPublished: true }, { sharedWith: asker.email }] };
const mayQuery = { $or: own };

function facetPipeline(field: string): object[] {
  const path = `$${field}`;
  const isDate = field === 'creationTime';
  const key = isDate ? { year: { $year: path }, month: { $month: path }, day: { $dayOfMonth: path } } : path;
  return [
    { $match: isDate ? { $and: [mayQuery, { [field]: { $type: 'date' } }] } : mayQuery },
    { $project: { _id: 0, [field]: 1 } },
    ...(field === 'keywords' ? [{ $unwind: path }] : []),
    { $group: { _id: key, count: { $sum: 1 } } },
    { $sort: { _id: -1 } },
  ];
}

const server = fastify();
server.get('/get/:pid', async (request) => {
  const { pid } = request.params as { pid: string };
  const dataset = await datasets.findOne({ _id: pid });
  const history = await database
    .collection('History')
    .find({ subsystem: 'Dataset', documentId: pid, operation: 'update' })
    .sort({ timestamp: -1 })
    .limit(1000)
    .toArray();
  return { ...dataset, history };
});
server.get('/list', () =>
  datasets
    .find({ $and: [{ type: 'raw' }, mayRead] })
    .sort({ createdAt: -1 })
    .limit(20)
    .toArray(),
);
server.get('/fullquery', () =>
  datasets
    .find({ $and: [{ keywords: { $in: ['neutron'] } }, mayQuery] })
    .sort({ createdAt: -1 })
    .limit(25)
    .toArray(),
);
server.get('/fullfacet', async () =>
  Promise.all([
    datasets.countDocuments(mayQuery),
    ...facets.map((facet) => datasets.aggregate(facetPipeline(facet)).toArray()),
  ]),
);
server.post('/dataset', async (request, reply) => {
  const _id = randomUUID();
  const at = new Date();
  const dataset = { ...(request.body as Fields), _id, pid: _id, createdAt: at, updatedAt: at };
  await datasets.insertOne(dataset);
  return reply.code(201).send(dataset);
});
server.post('/job', async (request, reply) => {
  const { pid } = request.body as { pid: string };
  await datasets.findOne({ _id: pid });
  const job = { _id: randomUUID(), type: 'reset', datasetList: [{ pid }], createdAt: new Date() };
  await database.collection<Stored>('Job').insertOne(job);
  return reply.code(201).send(job);
});
server.post('/login', async (request, reply) => {
  const { username, password } = request.body as { username: string; password: string };
  const user = await database.collection('User').findOne({ username, authStrategy: 'local' });
  const valid = await compare(password, String(user?.['password']));
  return reply.code(valid ? 201 : 401).send({ access_token: jwt.sign({ username }, 'secret') });
});
process.stdout.write(`${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
