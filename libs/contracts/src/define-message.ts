export const appNames = ['catalog-api', 'job-assembler', 'archiver', 'publisher'] as const;
export type AppName = (typeof appNames)[number];

/**
 * Who says or hears a message: an app, or the worker of a target that others operate. A worker has no outbox and no inbox of
 * ours: it gives no receipts, and each of its targets has a queue and an account of its own.
 */
export type PartyName = AppName | 'worker';

/**
 * A field of the payload; or the part of one before its last slash: an order that follows up on another one has the id of
 * that one, a slash and a word.
 */
export type MessageKey<Field extends string = string> = Field | { readonly beforeLastSlashOf: Field };

/** Where a message stands among those that must keep their order. */
export interface MessageOrder {
  /** Messages with the same value of it keep their order. */
  readonly within: MessageKey;
  /** A number, or the field of the payload that has it: a lower place comes first. */
  readonly place: number | string;
}

/** What a message promises: its name, who says it, who must hear it, and the shape of its `data`. */
export interface MessageContract<Payload extends object = object, Type extends string = string> {
  /** `<context>.<kebab-name>.v<N>`; everything else (exchange, file, class) is derived from it. */
  readonly type: Type;
  readonly kind: 'command' | 'event';
  readonly emitter: PartyName;
  /** Apps whose receipt the emitter waits for before it forgets the message; or the worker of the target in its data. */
  readonly consumers: readonly PartyName[];
  /** A transient message (progress) is sent once, unconfirmed and without a receipt: a newer one replaces it. */
  readonly transient: boolean;
  /** What names the thing that the message is about. */
  readonly about: MessageKey;
  readonly order: MessageOrder;
  /** Of a command: the events with which its consumer may end it. */
  readonly answers: readonly MessageContract[];
  readonly payload: new () => Payload;
  /** When this is true or wanted, and what a consumer may conclude. */
  readonly summary: string;
}

/** A command, and the types of the events that may end it. */
export interface CommandContract<
  Payload extends object = object,
  Type extends string = string,
  Answer extends string = string,
> extends MessageContract<Payload, Type> {
  readonly answers: readonly MessageContract<object, Answer>[];
}

/** The types of the events with which a consumer may end a command: the handler of a command returns no other. */
export type AnswerTo<Command> =
  Command extends CommandContract<infer _P, infer _T, infer Answer> ? Answer : never;

type FieldOf<Payload> = keyof Payload & string;

/** What is said of every message; `about` and `order` name fields of the payload. */
interface Declaration<Payload extends object, Type extends string> extends Pick<
  MessageContract<Payload, Type>,
  'type' | 'emitter' | 'consumers' | 'payload' | 'summary'
> {
  readonly about: MessageKey<FieldOf<Payload>>;
  readonly order: {
    readonly within: MessageKey<FieldOf<Payload>>;
    readonly place: number | FieldOf<Payload>;
  };
}

/** The apps among those who hear a message: they give receipts. */
export function appsAmong(parties: readonly PartyName[]): AppName[] {
  return parties.filter((party) => party !== 'worker');
}

/** Declares one version of an event. */
export function defineEvent<Payload extends object, const Type extends string>(
  declaration: Declaration<Payload, Type> & { readonly transient?: boolean },
): MessageContract<Payload, Type> {
  return { ...declaration, kind: 'event', transient: declaration.transient ?? false, answers: [] };
}

/** Declares one version of a command. */
export function defineCommand<
  Payload extends object,
  const Type extends string,
  const Answer extends string = never,
>(
  declaration: Declaration<Payload, Type> & { readonly answers: readonly MessageContract<object, Answer>[] },
): CommandContract<Payload, Type, Answer> {
  return { ...declaration, kind: 'command', transient: false };
}
