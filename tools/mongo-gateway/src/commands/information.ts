import { Long, ObjectId, serialize, Timestamp, type Document } from 'bson';
import { STATEMENTS } from '../postgres/statements.js';
import { startConversation } from './authentication.js';
import { column } from './reads.js';
import type { Context, Handler } from './services.js';

/** The newest protocol whose commands are all here (MongoDB 7.0): drivers take it as a promise. */
const MAX_WIRE_VERSION = 21;
const VERSION = '7.0.0';
/** The engine's limit for one write command; MongoDB's own is 100 000. */
const MAX_WRITE_BATCH = 25_000;
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 48_000_000;
const SESSION_MINUTES = 30;
const SET_NAME = 'rs0';

const electionId = new ObjectId();
const bson = (document: Document): Buffer => Buffer.from(serialize(document));

/**
 * A one-member replica set: drivers use sessions, retryable writes and transactions only with one.
 * `topologyVersion` is left out on purpose: with it they would expect answers to be streamed.
 */
export const hello: Handler = (context) => {
  const { services, client } = context;
  const address = services.address();
  const now = new Date();
  return bson({
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    secondary: false,
    setName: SET_NAME,
    setVersion: 1,
    electionId,
    hosts: [address],
    me: address,
    primary: address,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_WRITE_BATCH,
    localTime: now,
    lastWrite: { opTime: { ts: timestamp(now), t: Long.ONE }, lastWriteDate: now },
    logicalSessionTimeoutMinutes: SESSION_MINUTES,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
    ...authenticationFields(context),
    ok: 1,
  });
};

function authenticationFields({ command, client, services }: Context): Document {
  const request = command.document();
  const fields: Document = {};
  if (typeof request['saslSupportedMechs'] === 'string') fields['saslSupportedMechs'] = ['SCRAM-SHA-256'];
  const speculative: unknown = request['speculativeAuthenticate'];
  if (typeof speculative !== 'object' || speculative === null) return fields;
  try {
    fields['speculativeAuthenticate'] = startConversation(client, services.verifier, speculative);
  } catch {
    // A start that does not fit is left unanswered: the client then authenticates with saslStart.
  }
  return fields;
}

function timestamp(date: Date): Timestamp {
  return new Timestamp({ t: Math.floor(date.getTime() / 1000), i: 1 });
}

export const buildInfo: Handler = () =>
  bson({
    version: VERSION,
    versionArray: [7, 0, 0, 0],
    gitVersion: 'catena-mongo-gateway',
    modules: [],
    allocator: 'system',
    javascriptEngine: 'none',
    storageEngines: ['documentdb'],
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    ok: 1,
  });

export const serverStatus: Handler = ({ services }) => {
  const uptime = (Date.now() - services.startedAt.getTime()) / 1000;
  return bson({
    host: services.address(),
    version: VERSION,
    process: 'mongo-gateway',
    pid: process.pid,
    uptime,
    localTime: new Date(),
    connections: { current: services.connections(), available: 1000 },
    metrics: { cursor: { open: { total: services.cursors.size } } },
    transactions: { currentOpen: services.transactions.openCount },
    mem: { resident: Math.round(process.memoryUsage.rss() / 1024 / 1024) },
    storageEngine: { name: 'documentdb', persistent: true },
    repl: { setName: SET_NAME, isWritablePrimary: true, hosts: [services.address()] },
    ok: 1,
  });
};

export const connectionStatus: Handler = ({ client, services }) =>
  bson({
    authInfo: {
      authenticatedUsers: client.authenticated ? [{ user: services.verifier.user, db: 'admin' }] : [],
      authenticatedUserRoles: client.authenticated ? [{ role: 'root', db: 'admin' }] : [],
    },
    ok: 1,
  });

export const getParameter: Handler = ({ command }) => {
  const known: Document = {
    featureCompatibilityVersion: { version: '7.0' },
    authenticationMechanisms: ['SCRAM-SHA-256'],
  };
  const request = command.document();
  const wanted = request['getParameter'] === '*' ? Object.keys(known) : Object.keys(request);
  return bson({
    ...Object.fromEntries(wanted.filter((name) => name in known).map((name) => [name, known[name]])),
    ok: 1,
  });
};

export const hostInfo: Handler = ({ services }) =>
  bson({
    system: { hostname: services.address(), currentTime: new Date() },
    os: { type: process.platform },
    extra: {},
    ok: 1,
  });

export const getLog: Handler = () => bson({ totalLinesWritten: 0, log: [], ok: 1 });
export const getCmdLineOpts: Handler = () => bson({ argv: [], parsed: {}, ok: 1 });
export const whatsMyUri: Handler = ({ client }) => bson({ you: `connection ${client.id}`, ok: 1 });

export const currentOp: Handler = async ({ command, run }) =>
  column(await run(STATEMENTS.currentOp, [command.body()]));
