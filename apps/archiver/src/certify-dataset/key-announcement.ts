import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { CertificateKeys } from '../persistence/certificate-keys.js';

const pause = 3_600_000;

/** Says once with which key certificates are signed from now on; tries again until the database has it. */
@Injectable()
export class KeyAnnouncement extends HostedLoop {
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
    await this.keys.announce(key, this.clock.now());
    const newest = await this.keys.newest();
    if (newest !== key.kid)
      this.logger.warn(
        { kid: key.kid, newest },
        'certificates are signed with a key that another one has replaced: give all archivers the newest CERTIFICATE_KEY_FILE',
      );
  }
}
