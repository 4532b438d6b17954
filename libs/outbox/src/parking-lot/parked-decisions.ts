import type { Connection } from 'mongoose';
import { contractOf, parsePayload } from '#contracts';
import { crashPoint, idFromName, isRetriable, messageOf, PermanentError, type Clock } from '#kernel';
import {
  attemptHeader,
  checkedSenderHeader,
  digestOfBody,
  headersFrom,
  type Inbox,
  type MessageTransport,
} from '#messaging';
import type { Logger } from '#observability';
import { changedMeanwhile, notPossible, notThere } from '#operations';
import {
  decidedBefore,
  maxNotes,
  noted,
  parkedMessages,
  strangers,
  type ParkedMessage,
  type ParkedState,
  type ParkingDecision,
  type ParkingWord,
} from './parked-message.js';
import type { ParkingLotAddress } from './parking-lot.js';

const maxPending = 100;

/**
 * What people decide on parked messages. A decision is one write, with what is left to be done noted in it; then it is carried
 * out. Whoever dies in between leaves the rest to {@link settlePending}; sending twice does no harm, as the inbox drops the second.
 */
export class ParkedDecisions {
  /** @param patience milliseconds after which a decision that was not carried out counts as left by a process that died */
  constructor(
    private readonly connection: Connection,
    private readonly transport: MessageTransport,
    private readonly address: ParkingLotAddress,
    private readonly inbox: Inbox,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly patience: number,
  ) {}

  /**
   * Gives the message to the inbox again, with its own id, so that what was handled before stays handled once.
   *
   * @throws PermanentError `operations.changed-meanwhile` when it was decided on before, `operations.not-there`
   * @throws TransientError while the broker is away: then it is parked as before
   */
  async replay(id: string, word: ParkingWord): Promise<ParkedMessage> {
    const decided = await this.decide(id, 'replayed', word);
    if (decided.pending === undefined) return decided;
    try {
      await this.carryOut(decided);
    } catch (error) {
      // If the broker took it all the same, the inbox drops the second replay.
      await this.takeBack(decided, word, error);
      throw error;
    }
    return decided;
  }

  /** The inbox takes it for handled from now on: its emitter, who sends it again and again, gets its receipt. */
  async discard(id: string, word: ParkingWord): Promise<ParkedMessage> {
    const decided = await this.decide(id, 'discarded', word);
    if (decided.pending === undefined) return decided;
    try {
      await this.carryOut(decided);
    } catch (error) {
      // What could not be taken back is carried out by a sweep.
      if (!(await this.takeBack(decided, word, error))) return decided;
      throw error;
    }
    return decided;
  }

  /**
   * A discarded message is parked again, and its inbox forgets that it was told to take it for handled.
   *
   * @throws PermanentError `operations.changed-meanwhile` when it is not discarded (any more), `operations.not-there`
   */
  async restore(id: string, word: ParkingWord): Promise<ParkedMessage> {
    const message = await this.find(id);
    const { decision, state, pending } = message;
    if (isRestoredBy(message, word)) return message;
    if (state !== 'discarded' || decision === undefined || pending !== undefined)
      throw this.refusalOf(message);
    // First: once it is parked again it may be replayed, and the inbox would drop it. Only what this very discard told it.
    if (decision.id !== undefined) await this.inbox.forgetDiscarded(message.messageId, decision.id);
    crashPoint('parking-lot.before-restore');
    const now = this.clock.now();
    const restored = await this.messages.findOneAndUpdate(
      { _id: id, state: 'discarded', 'decision.at': decision.at, pending: { $exists: false } },
      {
        // From now on: it is no part of what a bulk run was started for before.
        $set: { state: 'parked', parkedAt: now },
        $unset: { decision: '' },
        ...noted('parked', { ...word, at: now }),
      },
      { returnDocument: 'after' },
    );
    if (restored !== null) return restored;
    // The driver sends a write again whose answer was lost.
    const found = await this.find(id);
    if (isRestoredBy(found, word)) return found;
    throw this.refusalOf(found);
  }

  /**
   * Sends another content in its place, under a new id that names the message as its cause; the message itself counts as
   * handled. All of its envelope but `data` stays.
   *
   * @throws PermanentError `operations.not-possible` for data that its contract refuses
   */
  async edit(id: string, data: unknown, word: ParkingWord): Promise<ParkedMessage> {
    const message = await this.find(id);
    const edited = editedBody(message, data, word.id);
    const decided = await this.decide(id, 'edited', word, { edited, body: message.body });
    try {
      await this.carryOut(decided);
    } catch (error) {
      // It may have been sent under its new id, which a sweep sends again: not undone.
      this.logger.warn({ id, error: messageOf(error) }, 'could not send an edited message now; a sweep does');
      if (!isRetriable(error)) throw error;
    }
    return decided;
  }

  /** What a person says of it, decided or not. @throws PermanentError `operations.not-there` */
  async note(id: string, text: string, { by, id: entry }: ParkingWord): Promise<void> {
    const note = { by, at: this.clock.now(), text, id: entry };
    const { matchedCount } = await this.messages.updateOne(
      { _id: id },
      {
        $push: { notes: { $each: [note], $slice: -maxNotes } },
      },
    );
    if (matchedCount === 0) throw notFound(id);
  }

  /** Carries out what processes that died had decided. */
  async settlePending(): Promise<void> {
    const late = new Date(this.clock.now().getTime() - this.patience);
    const found = await this.messages
      .find({ 'pending.since': { $lt: late } })
      .sort({ 'pending.since': 1 })
      .limit(maxPending)
      .toArray();
    for (const { _id, pending } of found) {
      const held = await this.messages.findOneAndUpdate(
        { _id, 'pending.since': pending!.since },
        { $set: { pending: { since: this.clock.now() } } },
        { returnDocument: 'after' },
      );
      if (held !== null) await this.carryOut(held);
    }
  }

  /** What a decision of this id did to a message, if it did and was not taken back; the same call may have decided twice. */
  async decidedBy(id: string, entry: string): Promise<ParkedMessage | undefined> {
    const message = await this.messages.findOne({ _id: id });
    if (message === null) return undefined;
    const { decisions = [], notes = [] } = message;
    const last = decisions.filter((one) => one.id === entry).at(-1);
    const isDone = last === undefined ? notes.some((one) => one.id === entry) : last.undone !== true;
    return isDone ? message : undefined;
  }

  /** @throws PermanentError `operations.not-there` */
  async find(id: string): Promise<ParkedMessage> {
    const message = await this.messages.findOne({ _id: id });
    if (message === null) throw notFound(id);
    return message;
  }

  private async decide(
    id: string,
    state: ParkedState,
    word: ParkingWord,
    more: { edited?: ParkedMessage['edited']; body?: string } = {},
  ): Promise<ParkedMessage> {
    const at = this.clock.now();
    const decision: ParkingDecision = { ...word, at };
    const { edited, body } = more;
    const decided = await this.messages.findOneAndUpdate(
      { _id: id, state: 'parked', ...(body === undefined ? {} : { body }) },
      {
        $set: { state, decision, pending: { since: at }, ...(edited === undefined ? {} : { edited }) },
        ...noted(state, decision),
      },
      { returnDocument: 'after' },
    );
    if (decided !== null) {
      crashPoint('parking-lot.after-decision');
      return decided;
    }
    const message = await this.find(id);
    // The same call, whose process died, or whose answer was lost.
    if (message.decision?.id === word.id) return message;
    throw this.refusalOf(message);
  }

  private refusalOf(message: ParkedMessage): PermanentError {
    const found =
      message.state === 'parked'
        ? `message ${message._id} is parked: another operator has restored it, or it came back`
        : message.pending === undefined
          ? decidedBefore(message)
          : `${decidedBefore(message)}, and this is being carried out: try again in a minute`;
    return new PermanentError(changedMeanwhile, `Expected a message as you saw it, found that ${found}.`);
  }

  private async carryOut(message: ParkedMessage): Promise<void> {
    const { _id, state, decision, edited } = message;
    if (state === 'replayed') {
      // Another copy of it may have been parked, and discarded: the inbox would drop this one.
      await this.inbox.forgetDiscarded(message.messageId);
      await this.send(message, message.messageId, message.body, message.encoding);
    }
    if (state === 'edited' && edited !== undefined) {
      await this.send(message, edited.messageId, edited.body, 'utf8');
      await this.recordAsHandled(message);
    }
    if (state === 'discarded') await this.recordAsHandled(message);
    crashPoint('parking-lot.before-settled');
    await this.messages.updateOne({ _id, state, 'decision.at': decision?.at }, { $unset: { pending: '' } });
  }

  private async recordAsHandled({
    messageId,
    type,
    body,
    encoding,
    code,
    decision,
    state,
  }: ParkedMessage): Promise<void> {
    // A stranger's message may bear the id of a true one, which is still to be handled.
    if (messageId === '' || strangers.includes(code)) return;
    // What was edited is handled in its new form: nothing takes that back.
    const discardedBy = state === 'discarded' ? decision?.id : undefined;
    await this.inbox.record(messageId, type, digestOfBody(Buffer.from(body, encoding)), discardedBy);
  }

  private send(
    message: ParkedMessage,
    messageId: string,
    body: string,
    encoding: BufferEncoding,
  ): Promise<void> {
    const { app, naming } = this.address;
    return this.transport.publish({
      exchange: naming.ownOf(app),
      routingKey: naming.inboxOf(app),
      body: Buffer.from(body, encoding),
      contentType: 'application/cloudevents+json',
      messageId,
      type: message.type,
      timestamp: this.clock.now(),
      appId: app,
      headers: {
        // Earlier versions parked whatever came.
        ...headersFrom(message.headers),
        [attemptHeader]: 0,
        [checkedSenderHeader]: this.senderOf(message),
      },
    });
  }

  /** A replay changes nothing about who sent it. Of earlier versions' messages nobody knows; there the operator's word counts. */
  private senderOf({ sender, type }: ParkedMessage): string {
    if (sender !== undefined) return sender;
    const contract = contractOf(type);
    return contract === undefined ? '' : this.address.naming.accountOfParty(contract.emitter, '');
  }

  /**
   * Parked as before, unless a sweep carries it out at this moment, or it came back. Of a discard its inbox forgets first what it
   * may have heard all the same: it would drop a replay.
   *
   * @returns false when the decision stands: a sweep carries it out
   */
  private async takeBack(
    { _id, state, decision, messageId }: ParkedMessage,
    word: ParkingWord,
    error: unknown,
  ): Promise<boolean> {
    const failed = state === 'replayed' ? 'replayed' : 'discarded';
    const since = this.clock.now();
    const which = { _id, state, 'decision.at': decision?.at };
    // Held, so that no sweep tells the inbox again what it is to forget.
    const held = await this.messages.updateOne(
      { ...which, 'pending.since': decision?.at },
      { $set: { pending: { since } } },
    );
    if (held.matchedCount === 0) return false;
    if (state === 'discarded' && decision?.id !== undefined)
      try {
        await this.inbox.forgetDiscarded(messageId, decision.id);
      } catch (left) {
        this.logger.warn(
          { id: _id, error: messageOf(left) },
          'could not undo a discard; a sweep completes it',
        );
        return false;
      }
    const { matchedCount } = await this.messages.updateOne(
      { ...which, 'pending.since': since },
      {
        $set: { state: 'parked' },
        $unset: { decision: '', pending: '' },
        ...noted('parked', {
          ...word,
          at: since,
          reason: `could not be ${failed}: ${messageOf(error)}`,
          undone: true,
        }),
      },
    );
    if (matchedCount > 0) return true;
    // The driver sends a write again whose answer was lost.
    const last = (await this.messages.findOne({ _id }))?.decisions?.at(-1);
    return last?.undone === true && last.id === word.id;
  }

  private get messages() {
    return parkedMessages(this.connection);
  }
}

/** The last word on a message is that of this very call, which parked it again. */
function isRestoredBy({ state, decisions }: ParkedMessage, { id }: ParkingWord): boolean {
  const last = decisions?.at(-1);
  return state === 'parked' && last?.state === 'parked' && last.id === id && last.undone !== true;
}

function notFound(id: string): PermanentError {
  return new PermanentError(notThere, `Expected a parked message ${id.slice(0, 300)}, found none.`);
}

/** @throws PermanentError `operations.not-possible` */
function editedBody(
  message: ParkedMessage,
  data: unknown,
  entry: string,
): { messageId: string; body: string } {
  const { _id, type, body, encoding } = message;
  const contract = contractOf(type);
  let envelope: Record<string, unknown> | undefined;
  try {
    envelope = JSON.parse(Buffer.from(body, encoding).toString('utf8')) as Record<string, unknown>;
  } catch {
    // Said below.
  }
  if (contract === undefined || envelope === undefined || typeof envelope !== 'object')
    throw new PermanentError(
      notPossible,
      `Expected a message whose contract this version knows and whose envelope can be read, found ${_id} (${type || 'without a type'}). Discard it, and have its emitter send another one.`,
    );
  const parsed = parsePayload(contract, data);
  if (typeof parsed === 'string')
    throw new PermanentError(notPossible, `Expected data of ${type}, found other ones: ${parsed}`);
  const messageId = idFromName(`edited/${entry}`);
  const causationid = message.messageId === '' ? undefined : message.messageId;
  const changed = { ...envelope, id: messageId, ...(causationid === undefined ? {} : { causationid }), data };
  return { messageId, body: JSON.stringify(changed) };
}
