import * as authentication from './authentication.js';
import * as definitions from './definitions.js';
import * as information from './information.js';
import * as reads from './reads.js';
import type { Handler } from './services.js';
import * as sessions from './sessions.js';
import * as writes from './writes.js';

export interface CommandSpecification {
  readonly handler: Handler;
  /** Answered before the client has authenticated. */
  readonly open?: true;
  /** Changes nothing: may simply run again when PostgreSQL went away meanwhile. */
  readonly readOnly?: true;
  /** Ends a transaction instead of being part of it. */
  readonly endsTransaction?: true;
}

const open = (handler: Handler): CommandSpecification => ({ handler, open: true });
const read = (handler: Handler): CommandSpecification => ({ handler, readOnly: true });
const plain = (handler: Handler): CommandSpecification => ({ handler });
const end = (handler: Handler): CommandSpecification => ({ handler, endsTransaction: true });

/** Every command the gateway knows, by the name it has on the wire. */
export const COMMANDS: ReadonlyMap<string, CommandSpecification> = new Map([
  ['hello', open(information.hello)],
  ['isMaster', open(information.hello)],
  ['ismaster', open(information.hello)],
  ['ping', open(sessions.acknowledge)],
  ['saslStart', open(authentication.saslStart)],
  ['saslContinue', open(authentication.saslContinue)],

  ['find', read(reads.find)],
  ['aggregate', plain(reads.aggregate)],
  ['count', read(reads.count)],
  ['distinct', read(reads.distinct)],
  ['getMore', plain(reads.getMore)],
  ['killCursors', plain(reads.killCursors)],
  ['listCollections', read(reads.listCollections)],
  ['listIndexes', read(reads.listIndexes)],
  ['listDatabases', read(definitions.listDatabases)],
  ['collStats', read(definitions.collStats)],
  ['collstats', read(definitions.collStats)],
  ['dbStats', read(definitions.dbStats)],
  ['dbstats', read(definitions.dbStats)],
  ['validate', read(reads.validate)],

  ['insert', plain(writes.insert)],
  ['update', plain(writes.update)],
  ['delete', plain(writes.remove)],
  ['findAndModify', plain(writes.findAndModify)],
  ['findandmodify', plain(writes.findAndModify)],

  ['create', plain(definitions.create)],
  ['drop', plain(definitions.drop)],
  ['dropDatabase', plain(definitions.dropDatabase)],
  ['renameCollection', plain(definitions.renameCollection)],
  ['collMod', plain(definitions.collMod)],
  ['createIndexes', plain(definitions.createIndexes)],
  ['dropIndexes', plain(definitions.dropIndexes)],
  ['deleteIndexes', plain(definitions.dropIndexes)],

  ['commitTransaction', end(sessions.commitTransaction)],
  ['abortTransaction', end(sessions.abortTransaction)],
  ['endSessions', plain(sessions.endSessions)],
  ['killSessions', plain(sessions.endSessions)],
  ['refreshSessions', plain(sessions.acknowledge)],
  ['logout', plain(authentication.logout)],

  ['buildInfo', plain(information.buildInfo)],
  ['buildinfo', plain(information.buildInfo)],
  ['serverStatus', plain(information.serverStatus)],
  ['connectionStatus', plain(information.connectionStatus)],
  ['getParameter', plain(information.getParameter)],
  ['hostInfo', plain(information.hostInfo)],
  ['getLog', plain(information.getLog)],
  ['getCmdLineOpts', plain(information.getCmdLineOpts)],
  ['whatsmyuri', plain(information.whatsMyUri)],
  ['currentOp', read(information.currentOp)],
]);
