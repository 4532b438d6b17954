import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  certificateIn,
  checkCertificate,
  signCertificate,
  type CertificateKey,
  type SigningKey,
} from '#certificates';
import { sampleCertificate, sampleDatablock, testKey } from '#certificates/testing';
import { ClaimChecks } from '#claim-check';
import type {
  CertificateDeclinedV1,
  CertificateKeyAnnouncedV1,
  DatasetCertifiedV1,
  Envelope,
} from '#contracts';
import { idFromName, newId, pidAsName } from '#kernel';
import type { Outcome } from '#messaging';
import { MongoConnection } from '#persistence';
import { ObjectStore } from '#storage';
import { CertificateReportsConsumer } from '../../apps/catalog-api/src/certificates/certificate-reports.consumer.js';
import { CertificateSweep } from '../../apps/catalog-api/src/certificates/certificate-sweep.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { v4Dataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

const bucket = `control-${newId().slice(0, 8)}`;
const path = (pid: string, more = ''): string =>
  `/api/v4/datasets/${encodeURIComponent(pid)}/certificate${more}`;

describe('Certificates in the catalogue', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let consumer: CertificateReportsConsumer;
  let key: SigningKey;
  let seconds = 0;

  before(async () => {
    app = await ScicatApp.start({
      CONTROL_BUCKET: bucket,
      REFERENCE_PATIENCE: '1ms',
      MAX_CERTIFICATES_PER_DATASET: '2',
    });
    [catalogue, consumer, key] = [app.get(Catalogue), app.get(CertificateReportsConsumer), testKey()];
    await app.get(ObjectStore).ensureBucket(bucket);
  });
  after(() => app.stop());

  const said = <Data extends object>(data: Data, time = '2027-01-01T00:00:00.000Z'): Envelope<Data> =>
    ({ data, time }) as Envelope<Data>;
  const announce = ({ kid, x }: SigningKey, validFrom = '2026-01-01T00:00:00.000Z'): Promise<Outcome> =>
    consumer.announced(said<CertificateKeyAnnouncedV1>({ kid, x, validFrom }));
  const decline = (pid: string, message: string, time?: string): Promise<Outcome> => {
    const code = 'archiver.not-certifiable';
    const data: CertificateDeclinedV1 = { workOrderId: `${newId()}/c`, jobId: 'j', pid, code, message };
    return consumer.declined(said(data, time));
  };
  /** A second after the certificate before. */
  const now = (): string => new Date(Date.UTC(2026, 5, 1) + 1000 * seconds++).toISOString();
  async function dataset(): Promise<string> {
    const { status, body, text } = await app.as('user1').send('POST', '/api/v4/datasets', v4Dataset());
    assert.equal(status, 201, text);
    return String(body['pid']);
  }
  async function listed(pid: string, name = newId()): Promise<string> {
    const archiveId = `${pidAsName(pid)}/job/${name}.tar`;
    await catalogue.datablocks.insertOne({
      _id: idFromName(archiveId),
      ...{ datasetId: pid, archiveId, ownerGroup: 'group1', accessGroups: [], isPublished: false },
      ...{ createdBy: 'catena', updatedBy: 'catena', createdAt: new Date(), updatedAt: new Date(), __v: 0 },
      ...{ size: 1, packedSize: 2, chkAlg: 'sha256', version: '1.0', dataFileList: [] },
    });
    return archiveId;
  }
  /** Each a second after the one before. */
  async function orderFor(
    pid: string,
    archiveIds: readonly string[],
    { signer = key, more = {} }: { signer?: SigningKey; more?: object } = {},
  ): Promise<DatasetCertifiedV1> {
    const issuedAt = now();
    const workOrderId = `${newId()}/0/0/certify`;
    const datablocks = archiveIds.map((archiveId) => sampleDatablock(archiveId));
    const certificate = { ...sampleCertificate(pid, datablocks), issuedAt, ...more };
    const reference = await app
      .get(ClaimChecks)
      .keep(
        `certificates/${pidAsName(pid)}/${issuedAt.replaceAll(':', '')},${workOrderId.replaceAll('/', ',')},1.json`,
        Buffer.from(JSON.stringify(signCertificate(certificate, signer))),
        'application/json',
      );
    return { workOrderId, jobId: 'j', pid, kid: signer.kid, issuedAt, certificate: reference };
  }
  async function certified(
    pid: string,
    archiveIds: readonly string[],
    more: object = {},
  ): Promise<DatasetCertifiedV1> {
    const order = await orderFor(pid, archiveIds, { more });
    assert.deepEqual(await consumer.certified(said(order)), { kind: 'done' });
    return order;
  }
  const objectsOf = async (pid: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const object of app.get(ObjectStore).list(bucket, `certificates/${pidAsName(pid)}/`))
      keys.push(object.key);
    return keys;
  };
  const reason = async (pid: string, name: AccountName = 'user1'): Promise<string> => {
    const { status, body } = await app.as(name).get(path(pid));
    assert.equal(status, 404);
    return String(body['message']);
  };
  const knownKeys = async (): Promise<CertificateKey[]> =>
    ((await (await fetch(`${app.base}/api/v4/certificates/keys`)).json()) as { keys: CertificateKey[] }).keys;

  it('are none while no key was announced, and the reason is said', async () => {
    assert.match(await reason(await dataset()), /issues no certificates.*CERTIFICATE_KEY_FILE/);
    assert.deepEqual(await knownKeys(), []);
  });

  it('that come before their key wait for it', async () => {
    const pid = await dataset();
    const order = await orderFor(pid, [await listed(pid)]);
    const early = await consumer.certified(said(order));
    assert.deepEqual(
      [early.kind, 'code' in early && early.code],
      ['retry', 'catalog.certificate-key-unknown'],
    );
    await announce(key);
    assert.deepEqual(await consumer.certified(said(order)), { kind: 'done' });
  });

  it('have a reason where there are none: not archived, not issued yet, declined', async () => {
    const pid = await dataset();
    assert.match(await reason(pid), /is not archived/);
    await catalogue.datasets.updateOne({ _id: pid }, { $set: { 'datasetlifecycle.retrievable': true } });
    assert.match(await reason(pid), /was issued yet\. A job that verifies/);
    await decline(pid, 'Expected it, found its copy on tape damaged.');
    assert.match(await reason(pid), /2027-01-01.*\(archiver\.not-certifiable\).*copy on tape damaged/);
    assert.match(await reason('no/such'), /not found/i);
  });

  it('are shown as they were signed, to whom the dataset is shown', async () => {
    const pid = await dataset();
    await certified(pid, [await listed(pid), await listed(pid)]);
    const { status, body } = await app.as('user1').get(path(pid));
    assert.equal(status, 200);
    const checked = checkCertificate(body, await knownKeys());
    assert.ok(checked.valid && checked.certificate.pid === pid);
    for (const more of ['', 's', '?format=html']) {
      assert.equal((await app.as('user2').get(path(pid, more))).status, 403);
      assert.equal((await fetch(`${app.base}${path(pid, more)}`)).status, 403);
      assert.equal((await app.as('admin').get(path(pid, more))).status, 200);
    }
    assert.equal((await app.as('user1').get(path(pid, '?format=pdf'))).status, 400);
  });

  it('are withdrawn by a reset, or another archival, without anybody doing so; a newer one takes their place', async () => {
    const pid = await dataset();
    const [first] = [await listed(pid)];
    await certified(pid, [first]);
    await catalogue.datablocks.deleteMany({ datasetId: pid });
    assert.match(await reason(pid), /withdrawn.*reset or archived again/);
    const second = await listed(pid);
    assert.match(await reason(pid), /withdrawn/);
    const list = async () =>
      (await app.as('user1').get(path(pid, 's'))).body as unknown as { state: string }[];
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['withdrawn'],
    );
    await decline(pid, 'not now', now());
    assert.match(await reason(pid), /not now/, 'the newest word counts');
    await certified(pid, [second]);
    assert.equal((await app.as('user1').get(path(pid))).status, 200);
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['valid', 'superseded'],
    );
    await listed(pid);
    assert.match(await reason(pid), /withdrawn/, 'an older reason is none any more');
  });

  it('are not shown as valid when the archiver has declined to issue another one since, and say why', async () => {
    const pid = await dataset();
    const archiveId = await listed(pid);
    await certified(pid, [archiveId]);
    await decline(pid, 'found its copy on tape damaged', now());
    assert.match(await reason(pid), /copy on tape damaged/);
    const states = async () =>
      (
        (await app.as('user1').get(path(pid, 's'))).body as unknown as { state: string; reason?: string }[]
      ).map(({ state, reason: why }) => [state, /tape damaged/.test(why ?? '')]);
    assert.deepEqual(await states(), [['declined', true]]);
    await certified(pid, [archiveId]);
    assert.equal((await app.as('user1').get(path(pid))).status, 200);
    assert.deepEqual(await states(), [
      ['valid', false],
      ['superseded', false],
    ]);
  });

  it('that another key signed, for another dataset, or changed on the way are kept by nobody', async () => {
    const pid = await dataset();
    const archiveId = await listed(pid);
    const dead = async (order: DatasetCertifiedV1, found: RegExp): Promise<void> => {
      const outcome = await consumer.certified(said(order));
      assert.ok(
        outcome.kind === 'dead' && outcome.code === 'catalog.certificate-invalid',
        JSON.stringify(outcome),
      );
      assert.match(outcome.reason, found);
    };
    const forged = await orderFor(pid, [archiveId], { signer: testKey() });
    await dead({ ...forged, kid: key.kid }, /none of the \d+ known ones/);
    await dead({ ...(await orderFor('another', [archiveId])), pid }, /it is one of another/);
    const { certificate: reference, ...good } = await orderFor(pid, [archiveId]);
    const rubbish = await app
      .get(ClaimChecks)
      .keep(`${reference.key}x`, Buffer.from('{}'), 'application/json');
    await dead({ ...good, certificate: rubbish }, /no signed certificate/);
    const announced = await consumer.announced(
      said({ kid: key.kid, x: testKey().x, validFrom: '2026-01-01T00:00:00.000Z' }),
    );
    assert.equal('code' in announced && announced.code, 'catalog.certificate-key-invalid');
    assert.deepEqual((await app.as('user1').get(path(pid, 's'))).body, []);
  });

  it('come twice as one; only the newest stay, their objects with them, and what comes late is forgotten', async () => {
    const pid = await dataset();
    const archiveIds = [await listed(pid)];
    const late = await orderFor(pid, archiveIds);
    const first = await certified(pid, archiveIds);
    assert.deepEqual(await consumer.certified(said(first)), { kind: 'done' });
    assert.equal((await objectsOf(pid)).length, 2, 'one may still be on its way');
    const [second, third] = [await certified(pid, archiveIds), await certified(pid, archiveIds)];
    assert.deepEqual(await objectsOf(pid), [second, third].map(({ certificate }) => certificate.key).sort());
    assert.deepEqual(await consumer.certified(said(late)), { kind: 'done' });
    assert.deepEqual(await consumer.certified(said(first)), { kind: 'done' });
    const stored = await catalogue.certificates.find({ pid }).toArray();
    assert.deepEqual(
      stored.map(({ _id }) => _id).sort(),
      [second, third].map(({ workOrderId }) => workOrderId).sort(),
    );
  });

  it('that arrive while older ones are forgotten stay, and all that is kept can be read', async () => {
    const pid = await dataset();
    const archiveIds = [await listed(pid)];
    for (let issued = 0; issued < 2; issued += 1) await certified(pid, archiveIds);
    const [next, newest] = [await orderFor(pid, archiveIds), await orderFor(pid, archiveIds)];
    const gap = interruptOnce(app.get(MongoConnection), 'catena_certificates', 'deleteMany', async () =>
      assert.deepEqual(await consumer.certified(said(newest)), { kind: 'done' }),
    );
    assert.deepEqual(await consumer.certified(said(next)), { kind: 'done' });
    assert.ok(gap.happened());
    const stored = await catalogue.certificates.find({ pid }).sort({ issuedAt: 1 }).toArray();
    assert.deepEqual(
      stored.map(({ _id }) => _id),
      [next, newest].map(({ workOrderId }) => workOrderId),
    );
    assert.deepEqual(
      await objectsOf(pid),
      stored.map(({ reference }) => reference.key),
    );
  });

  it('go with their dataset, and those of others stay', async () => {
    const [gone, stays] = [await dataset(), await dataset()];
    for (const pid of [gone, stays]) await certified(pid, [await listed(pid)]);
    await decline(gone, 'x');
    await catalogue.datasets.deleteOne({ _id: gone });
    await app.get(CertificateSweep).round();
    assert.deepEqual([(await objectsOf(gone)).length, (await objectsOf(stays)).length], [0, 1]);
    assert.equal(await catalogue.certificates.countDocuments({ pid: gone }), 0);
    assert.equal(await catalogue.certificateRefusals.countDocuments({ _id: gone }), 0);
    assert.equal((await app.as('user1').get(path(stays))).status, 200);
  });

  it('whose object is lost say so', async () => {
    const pid = await dataset();
    const { certificate } = await certified(pid, [await listed(pid)]);
    await app.get(ClaimChecks).remove([certificate.key]);
    await app.as('user1').get(path(pid));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.match(await reason(pid), /is lost/);
  });

  it('are a page for browsers, in which no name is markup and nothing runs', async () => {
    const pid = await dataset();
    const evil = `<script>alert(1)</script>"'&\u202e`;
    const archiveId = await listed(pid, evil);
    const copies = [{ target: evil, verifiedAt: '2026-01-01T00:00:00.000Z' }];
    const more = { issuer: `</style>${evil}`, datablocks: [sampleDatablock(archiveId, { copies })] };
    await certified(pid, [archiveId], more);
    const answer = await app
      .as('user1')
      .get(path(pid), {}, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    const page = answer.text;
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /default-src 'none'; style-src 'sha256-[^']+'/,
    );
    assert.doesNotMatch(page, /<script|<\/style>[^]*<\/style>|\u202e|href=|src=/);
    const checked = checkCertificate(certificateIn(page), await knownKeys());
    assert.ok(checked.valid && checked.certificate.issuer === more.issuer);
  });

  it('of a retired key stay valid, and the keys say since when', async () => {
    const pid = await dataset();
    await certified(pid, [await listed(pid)]);
    const next = testKey();
    await announce(next, '2026-09-01T00:00:00.000Z');
    await announce(next, '2026-10-01T00:00:00.000Z');
    const [newest, old] = await knownKeys();
    assert.deepEqual(
      [newest?.kid, newest?.validFrom, newest?.retiredAt],
      [next.kid, '2026-09-01T00:00:00.000Z', undefined],
    );
    assert.deepEqual([old?.kid, old?.retiredAt], [key.kid, '2026-09-01T00:00:00.000Z']);
    assert.ok(checkCertificate((await app.as('user1').get(path(pid))).body, await knownKeys()).valid);
  });
});
