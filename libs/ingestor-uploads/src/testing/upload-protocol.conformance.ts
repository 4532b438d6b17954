import { after, afterEach, before, describe } from 'node:test';
import { admissionConformance } from './upload-admission.conformance.js';
import { bodyConformance } from './upload-bodies.conformance.js';
import { endConformance } from './upload-ends.conformance.js';
import type { UploadFacility } from './upload-facility.js';
import { nameConformance } from './upload-names.conformance.js';
import { partConformance } from './upload-parts.conformance.js';
import { UploadScene } from './upload-scene.js';
import { tokenConformance } from './upload-tokens.conformance.js';
import { transferConformance } from './upload-transfers.conformance.js';

/**
 * What an app that serves the ingestors' API must do, as an Ingestor sees it.
 *
 * @param name of the app, for the report
 * @param open called once; the suite ends what it gets
 */
export function uploadProtocolConformance(name: string, open: () => Promise<UploadFacility>): void {
  describe(`${name}, asked by ingestors:`, () => {
    let opened: UploadScene;
    const scene = (): UploadScene => opened;
    before(async () => {
      opened = new UploadScene(await open());
    });
    afterEach(() => opened.tidy());
    after(() => opened.end());

    bodyConformance(scene);
    tokenConformance(scene);
    admissionConformance(scene);
    nameConformance(scene);
    transferConformance(scene);
    partConformance(scene);
    endConformance(scene);
  });
}
