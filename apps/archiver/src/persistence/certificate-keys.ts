import { Injectable } from '@nestjs/common';
import { certificateKeyAnnouncedV1 } from '#contracts';
import { eventRow, OutboxCollection, OutboxRelay } from '#outbox';
import { ArchiverStore } from './archiver-store.js';

/** A public key that certificates are signed with. */
export interface NewCertificateKey {
  readonly kid: string;
  /** base64url */
  readonly x: string;
}

/** The public keys of certificates that were announced, each once. */
@Injectable()
export class CertificateKeys {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly store: ArchiverStore,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(store.certificateKeys, relay);
  }

  /** The key and the message about it in one write; nothing happens when it was announced before. */
  async announce({ kid, x }: NewCertificateKey, now: Date): Promise<void> {
    const row = eventRow(certificateKeyAnnouncedV1, { kid, x, validFrom: now.toISOString() }, now);
    await this.changes.insertUnlessThere({ _id: kid, announcedAt: now } as { _id: string }, [row]);
  }

  /**
   * Says once more what was announced, with the time of the first: a catalogue that was brought back from a backup knows it again. Not
   * while an announcement still waits to be sent.
   */
  async announceAgain({ kid, x }: NewCertificateKey, now: Date): Promise<void> {
    const known = await this.store.certificateKeys.findOne({ _id: kid });
    if (known === null) return;
    const validFrom = known.announcedAt.toISOString();
    const row = eventRow(certificateKeyAnnouncedV1, { kid, x, validFrom }, now);
    await this.changes.change({ _id: kid, 'outbox.rows.0': { $exists: false } }, {}, [row]);
  }

  /** The one that was announced last. */
  async newest(): Promise<string | undefined> {
    const newest = this.store.certificateKeys.find({}, { projection: { _id: 1 } });
    for await (const { _id } of newest.sort({ announcedAt: -1, _id: 1 }).limit(1)) return _id;
    return undefined;
  }
}
