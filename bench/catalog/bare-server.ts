import { randomUUID } from 'node:crypto';
import { compare } from '@node-rs/bcrypt';
import { fastify, type FastifyRequest } from 'fastify';
import jwt from 'jsonwebtoken';
import { mongo } from 'mongoose';

/**
 * The limit: Fastify and the driver, the same queries as catalog-api's, and nothing else (no sign-in, no rights, no
 * validation, no history). Started by the measurements with MONGODB_URI; prints its port.
 */
type Fields = Record<string, unknown>;
type Stored = { _id: string; [field: string]: unknown };

interface Question {
  readonly collection?: string;
  readonly where: Fields;
  readonly sort: Record<string, 1 | -1>;
  readonly skip: number;
  readonly limit: number;
  readonly facets: readonly string[];
}

const client = await new mongo.MongoClient(process.env['MONGODB_URI'] ?? '', {
  writeConcern: { w: 'majority', journal: true },
  maxPoolSize: 40,
}).connect();
const database = client.db();
const datasets = database.collection<Stored>('Dataset');

function facetPipeline(where: Fields, field: string): object[] {
  const path = `$${field}`;
  const isDate = field === 'creationTime';
  const key = isDate ? { year: { $year: path }, month: { $month: path }, day: { $dayOfMonth: path } } : path;
  return [
    { $match: isDate ? { $and: [where, { [field]: { $type: 'date' } }] } : where },
    { $project: { _id: 0, [field]: 1 } },
    ...(field === 'keywords' ? [{ $unwind: path }] : []),
    { $group: { _id: key, count: { $sum: 1 } } },
    { $sort: { _id: -1 } },
  ];
}

const questionIn = (request: FastifyRequest): Question =>
  mongo.BSON.EJSON.parse((request.query as { q: string }).q);

const server = fastify();
server.get('/health', () => ({ status: 'ok' }));
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
server.get('/find', (request) => {
  const { collection = 'Dataset', where, sort, skip, limit } = questionIn(request);
  const records = database.collection<Stored>(collection);
  return records
    .find(where, { projection: { catenaWords: 0 } })
    .sort(sort)
    .skip(skip)
    .limit(limit)
    .toArray();
});
server.get('/count', async (request) => ({
  count: await datasets.countDocuments(questionIn(request).where),
}));
server.get('/facets', (request) => {
  const { where, facets } = questionIn(request);
  return Promise.all([
    datasets.countDocuments(where),
    ...facets.map((facet) => datasets.aggregate(facetPipeline(where, facet)).toArray()),
  ]);
});
server.post('/dataset', async (request, reply) => {
  const _id = randomUUID();
  const at = new Date();
  const dataset = { ...(request.body as Fields), _id, pid: _id, createdAt: at, updatedAt: at };
  await datasets.insertOne(dataset);
  return reply.code(201).send(dataset);
});
server.post('/job', async (request, reply) => {
  const job = { ...(request.body as Fields), _id: randomUUID(), createdAt: new Date() };
  await database.collection<Stored>('Job').insertOne(job);
  return reply.code(201).send(job);
});
server.post('/api/v3/auth/login', async (request, reply) => {
  const { username, password } = request.body as { username: string; password: string };
  const user = await database.collection('User').findOne({ username, authStrategy: 'local' });
  const valid = await compare(password, String(user?.['password']));
  return reply.code(valid ? 201 : 401).send({ access_token: jwt.sign({ username }, 'secret') });
});
process.stdout.write(`${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
