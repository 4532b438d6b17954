import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '#kernel';
import { uploadProtocolConformance, type Person } from '#ingestor-uploads/testing';
import { until } from '#messaging/testing';
import { MongoConnection } from '#persistence';
import { runConsumerApp } from '#service-host';
import { ObjectStore } from '#storage';
import { scicatBridgeConfigFrom } from '../../apps/scicat-bridge/src/scicat-bridge.config.js';
import { ScicatBridgeModule } from '../../apps/scicat-bridge/src/scicat-bridge.module.js';
import { RestFacility } from '../support/ingestor/rest-facility.js';
import { IdentityProvider } from './support/identity-provider.js';
import { ScicatApp } from './support/scicat-app.js';

const name = `beside-${newId().slice(0, 8)}`;
const bucket = `landing-${name}`;
const tokenSecret = 'a secret of the test, long enough for a signature';
const door = { username: 'scicat', password: 'a password of the test' };
const account = 'catenaBridge';
const people: RestFacility['people'] = {
  uploader: { username: 'user1', group: 'group1' },
  colleague: { username: 'colleague', group: 'group1' },
  other: { username: 'user2', group: 'group2' },
  outsider: { username: 'proposalIngestor', group: 'proposalingestor' },
};

/** SciCat's own: no job of it is one of Catena's. */
const jobConfiguration = {
  configVersion: 'scicat-1.0',
  jobs: ['archive', 'retrieve', 'reset'].map((jobType) => ({
    jobType,
    create: { auth: jobType === 'retrieve' ? '#datasetAccess' : '#datasetOwner', actions: [] },
    update: { auth: '#jobOwnerGroup', actions: [] },
  })),
};

for (const jobsApi of ['v4', 'v3'])
  uploadProtocolConformance(`scicat-bridge with jobs of ${jobsApi}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const jobConfigurationFile = join(folder, 'jobs.json');
    await writeFile(jobConfigurationFile, JSON.stringify(jobConfiguration));
    const provider = await IdentityProvider.start([], []);
    const scicat = await ScicatApp.start({ JOB_CONFIGURATION_FILE: jobConfigurationFile }, undefined, {
      colleague: ['group1'],
      [account]: ['admin', 'archivemanager'],
    });
    const database = new URL(process.env['MONGODB_URI'] ?? '');
    database.pathname = `/${name}-${jobsApi}`;
    const config = scicatBridgeConfigFrom({
      ...process.env,
      ...{ MONGODB_URI: database.toString(), CATENA_PREFIX: `${name}-${jobsApi}`, PORT: '0' },
      ...{ SCICAT_URL: scicat.base, SCICAT_USERNAME: account, SCICAT_PASSWORD: 'a password of the test' },
      ...{ SCICAT_JOBS_API: jobsApi, LOG_LEVEL: process.env['SCICAT_LOG_LEVEL'] ?? 'silent' },
      ...{ LANDING_ZONE_BUCKET: bucket, CONTROL_BUCKET: `control-${name}` },
      ...{ INGESTOR_TOKEN_SECRET: tokenSecret, INGESTOR_GROUPS: 'group1;group2', INGESTOR_SPACE: '64GiB' },
      ...{ INGESTOR_OIDC_ISSUER: provider.issuer, INGESTOR_OIDC_AUDIENCE: 'uploads' },
      ...{ JOB_ENDPOINT_USERNAME: door.username, JOB_ENDPOINT_PASSWORD: door.password },
    });
    const bridge = await runConsumerApp(ScicatBridgeModule.forRoot(config), config, [
      config.ingestor.basePath,
    ]);
    const base = `${await bridge.getUrl()}/archiver/api/v1`;
    // It begins without its broker.
    await until(async () => (await fetch(`${base}/health/readyz`)).status === 200);
    const store = bridge.get<ObjectStore>(ObjectStore);
    for (const one of [bucket, config.controlBucket]) await store.ensureBucket(one);
    const { connection } = bridge.get<MongoConnection>(MongoConnection);
    const tokenOf = (person: Person): Promise<string> => scicat.signIn(people[person].username);
    return new RestFacility({
      ...{
        baseUrl: base,
        scicatUrl: scicat.base,
        tokenSecret,
        door,
        people,
        store,
        landingZoneBucket: bucket,
      },
      space: 64 * 2 ** 30,
      tokens: {
        admin: await scicat.signIn(account),
        uploader: await tokenOf('uploader'),
        colleague: await tokenOf('colleague'),
        other: await tokenOf('other'),
        outsider: await tokenOf('outsider'),
      },
      oidcToken: (person, claims) => {
        const { username, group } = people[person];
        const own = { sub: username, preferred_username: username, groups: [group], aud: 'uploads' };
        return provider.idToken({ ...own, ...claims });
      },
      takenSpace: () => connection.collection('ingestor_space').findOne({}) as Promise<never>,
      end: async () => {
        for await (const { key, uploadId } of store.pendingUploads(bucket, ''))
          await store.abortUpload(bucket, key, uploadId);
        await connection.dropDatabase();
        await bridge.close();
        await scicat.stop();
        await provider.stop();
        await rm(folder, { recursive: true });
      },
    });
  });
