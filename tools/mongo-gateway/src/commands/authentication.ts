import { Binary, serialize, type Document } from 'bson';
import { ScramConversation, type ScramVerifier } from '../auth/scram.js';
import { MongoError } from '../errors/mongo-error.js';
import type { ClientState, Handler } from './services.js';

const MECHANISM = 'SCRAM-SHA-256';
const AUTHENTICATION_FAILED = 18;

/** Begins a conversation and returns the reply's fields; also used for the speculative start inside hello. */
export function startConversation(client: ClientState, verifier: ScramVerifier, request: Document): Document {
  if (request['mechanism'] !== MECHANISM) {
    throw new MongoError(AUTHENTICATION_FAILED, `only ${MECHANISM} is supported`);
  }
  const conversation = ScramConversation.start(verifier, payloadOf(request));
  if (conversation === undefined) {
    throw new MongoError(AUTHENTICATION_FAILED, 'the first SCRAM message is malformed');
  }
  client.conversation = conversation;
  return { conversationId: 1, done: false, payload: toBinary(conversation.challenge()) };
}

export const saslStart: Handler = ({ client, services, command }) =>
  Buffer.from(serialize({ ...startConversation(client, services.verifier, command.document()), ok: 1 }));

export const saslContinue: Handler = ({ client, command }) => {
  const conversation = client.conversation;
  const payload = payloadOf(command.document());
  if (client.authenticated && payload === '') {
    return Buffer.from(serialize({ conversationId: 1, done: true, payload: toBinary(''), ok: 1 }));
  }
  client.conversation = undefined;
  const signature = conversation?.finish(payload);
  if (signature === undefined) throw new MongoError(AUTHENTICATION_FAILED, 'Authentication failed.');
  client.authenticated = true;
  return Buffer.from(serialize({ conversationId: 1, done: true, payload: toBinary(signature), ok: 1 }));
};

export const logout: Handler = ({ client }) => {
  client.authenticated = false;
  return Buffer.from(serialize({ ok: 1 }));
};

function payloadOf(request: Document): string {
  const payload: unknown = request['payload'];
  return payload instanceof Binary ? Buffer.from(payload.buffer).toString('utf8') : '';
}

function toBinary(text: string): Binary {
  return new Binary(Buffer.from(text));
}
