import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  certificateDeclinedV1,
  certificateKeyAnnouncedV1,
  datasetCertifiedV1,
  pinsChangedV1,
  registrationConfirmedV1,
  registrationProgressedV1,
  registrationRefusedV1,
  withdrawalConfirmedV1,
  type CertificateDeclinedV1,
  type CertificateKeyAnnouncedV1,
  type DatasetCertifiedV1,
  type Envelope,
  type PinsChangedV1,
  type RegistrationConfirmedV1,
  type RegistrationProgressedV1,
  type RegistrationRefusedV1,
  type WithdrawalConfirmedV1,
} from '#contracts';
import { done, Handles, type Outcome } from '#messaging';

/**
 * Reports for which a SciCat that stays has no place. Certificates are the archiver's own, and it keeps their text; publications are
 * registered by SciCat itself, so a report about one means that a publisher runs which nobody should have started.
 */
@Controller()
export class OtherReportsConsumer {
  @Handles(datasetCertifiedV1)
  certified(@Payload() _report: Envelope<DatasetCertifiedV1>): Promise<Outcome> {
    return Promise.resolve(done);
  }

  @Handles(certificateDeclinedV1)
  certificateDeclined(@Payload() _report: Envelope<CertificateDeclinedV1>): Promise<Outcome> {
    return Promise.resolve(done);
  }

  @Handles(certificateKeyAnnouncedV1)
  keyAnnounced(@Payload() _report: Envelope<CertificateKeyAnnouncedV1>): Promise<Outcome> {
    return Promise.resolve(done);
  }

  /** The bridge asks for no change of pins. */
  @Handles(pinsChangedV1)
  pinsChanged(@Payload() _report: Envelope<PinsChangedV1>): Promise<Outcome> {
    return Promise.resolve(done);
  }

  @Handles(registrationProgressedV1)
  registrationProgressed(@Payload() report: Envelope<RegistrationProgressedV1>): Promise<Outcome> {
    return Promise.resolve(notServed(report));
  }

  @Handles(registrationConfirmedV1)
  registrationConfirmed(@Payload() report: Envelope<RegistrationConfirmedV1>): Promise<Outcome> {
    return Promise.resolve(notServed(report));
  }

  @Handles(registrationRefusedV1)
  registrationRefused(@Payload() report: Envelope<RegistrationRefusedV1>): Promise<Outcome> {
    return Promise.resolve(notServed(report));
  }

  @Handles(withdrawalConfirmedV1)
  withdrawalConfirmed(@Payload() report: Envelope<WithdrawalConfirmedV1>): Promise<Outcome> {
    return Promise.resolve(notServed(report));
  }
}

function notServed({ type }: Envelope<object>): Outcome {
  return {
    kind: 'dead',
    code: 'bridge.publications-unserved',
    reason: `Expected no publisher beside a SciCat that stays, found ${type}: SciCat registers publications itself. Stop the publisher.`,
  };
}
