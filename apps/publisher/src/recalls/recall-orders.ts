import { Inject, Injectable } from '@nestjs/common';
import { isDoi } from '#datacite';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { RecallRequest } from '#publication-feed';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication, Recall } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';

/** Wishes to have files brought back, written down once each. */
@Injectable()
export class RecallOrders {
  constructor(
    private readonly store: PublisherStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
  ) {}

  /** What was published a moment ago is asked for soon. */
  async orderFor({ _id: doi, revision }: Publication): Promise<void> {
    if (!this.config.recalls.onPublication) return;
    const content = await this.store.contents.findOne({ _id: doi }, { projection: { 'record.files': 1 } });
    if (content?.record.files === undefined) return;
    await this.note({ _id: `publication:${doi}:${revision}`, doi, asked: false });
  }

  /** The other side stands outside: what is no request of a reader is left alone, and mails go to one address. */
  async orderOf(request: RecallRequest): Promise<void> {
    if (!isRequest(request)) return;
    const { id, doi, email, confirmation, language } = request;
    await this.note({
      ...{ _id: id, doi, asked: true, language },
      ...(email === undefined ? {} : { email }),
      ...(email === undefined || confirmation === undefined ? {} : { confirmation }),
    });
  }

  private async note(
    order: Pick<Recall, '_id' | 'doi' | 'asked' | 'email' | 'confirmation' | 'language'>,
  ): Promise<void> {
    const now = this.clock.now();
    try {
      await this.store.recalls.insertOne({
        ...order,
        ...{ state: 'requested', dueAt: now, attempts: 0, requestedAt: now },
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

const idPattern = /^[\w-]{1,100}$/;
const tokenPattern = /^[\w-]{16,100}$/;
const addressPattern = /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@<>(),;:"[\]\\]{1,253}$/;

/** Whether it has the shape of a request, whatever the types say. */
export function isRequest(value: unknown): value is RecallRequest {
  const { id, doi, email, confirmation, language } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isText = (text: unknown): text is string => typeof text === 'string';
  if (!isText(id) || !idPattern.test(id) || !isText(doi) || !isDoi(doi)) return false;
  if (confirmation !== undefined && (!isText(confirmation) || !tokenPattern.test(confirmation))) return false;
  if (language !== undefined && !isText(language)) return false;
  return email === undefined || (isText(email) && addressPattern.test(email));
}
