import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { CertificateKeys } from '../persistence/certificate-keys.js';

const pause = 3_600_000;

/** Says at each start with which key certificates are signed, and since when; tries again until the database has it. */
@Injectable()
export class KeyAnnouncement extends HostedLoop {
  private isAnnounced = false;

  constructor(
    store: ArchiverStore,
    private readonly keys: CertificateKeys,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'announcement of the certificate key',
      pause,
      logger,
      fault: 'could not announce the key of certificates',
      ready: () => store.whenReady(),
    });
  }

  async round(): Promise<void> {
    const { key } = this.config.certificates;
    if (key === undefined) return;
    const now = this.clock.now();
    await this.keys.announce(key, now);
    if (!this.isAnnounced) await this.keys.announceAgain(key, now);
    this.isAnnounced = true;
    const newest = await this.keys.newest();
    if (newest !== key.kid)
      this.logger.warn(
        { kid: key.kid, newest },
        'certificates are signed with a key that another one has replaced: give all archivers the newest CERTIFICATE_KEY_FILE',
      );
  }
}
