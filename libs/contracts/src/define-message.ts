export const appNames = ['catalog-api', 'job-assembler', 'archiver', 'publisher'] as const;
export type AppName = (typeof appNames)[number];

/** What a message promises: its name, who says it, who must hear it, and the shape of its `data`. */
export interface MessageContract<Payload extends object = object> {
  /** `<context>.<kebab-name>.v<N>`; everything else (exchange, file, class) is derived from it. */
  readonly type: string;
  readonly kind: 'command' | 'event';
  readonly emitter: AppName;
  /** Apps whose receipt the emitter waits for before it forgets the message. */
  readonly consumers: readonly AppName[];
  /** A transient message (progress) is sent once, unconfirmed and without a receipt: a newer one replaces it. */
  readonly transient: boolean;
  readonly payload: new () => Payload;
  /** When this is true or wanted, and what a consumer may conclude. */
  readonly summary: string;
}

/** Declares one message version. */
export function defineMessage<Payload extends object>(
  contract: Omit<MessageContract<Payload>, 'transient'> & { transient?: boolean },
): MessageContract<Payload> {
  return { ...contract, transient: contract.transient ?? false };
}
