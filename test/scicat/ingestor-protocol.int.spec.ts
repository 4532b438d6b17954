import { newId } from '#kernel';
import { uploadProtocolConformance, type Person } from '#ingestor-uploads/testing';
import { ObjectStore } from '#storage';
import { RestFacility } from '../support/ingestor/rest-facility.js';
import { IdentityProvider } from './support/identity-provider.js';
import { ScicatApp } from './support/scicat-app.js';

const bucket = `landing-${newId().slice(0, 8)}`;
const tokenSecret = 'a secret of the test, long enough for a signature';
const door = { username: 'scicat', password: 'a password of the test' };
const people: RestFacility['people'] = {
  uploader: { username: 'user1', group: 'group1' },
  colleague: { username: 'colleague', group: 'group1' },
  other: { username: 'user2', group: 'group2' },
  outsider: { username: 'proposalIngestor', group: 'proposalingestor' },
};

uploadProtocolConformance('catalog-api', async () => {
  const provider = await IdentityProvider.start([], []);
  const app = await ScicatApp.start(
    {
      JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml',
      LANDING_ZONE_BUCKET: bucket,
      INGESTOR_TOKEN_SECRET: tokenSecret,
      INGESTOR_GROUPS: 'group1;group2',
      INGESTOR_SPACE: '64GiB',
      INGESTOR_OIDC_ISSUER: provider.issuer,
      INGESTOR_OIDC_AUDIENCE: 'uploads',
      JOB_ENDPOINT_USERNAME: door.username,
      JOB_ENDPOINT_PASSWORD: door.password,
    },
    undefined,
    { colleague: ['group1'] },
  );
  const store = app.get(ObjectStore);
  await store.ensureBucket(bucket);
  const tokenOf = (person: Person): Promise<string> => app.signIn(people[person].username);
  return new RestFacility({
    ...{ baseUrl: `${app.base}/archiver/api/v1`, scicatUrl: app.base, tokenSecret, door, people, store },
    landingZoneBucket: bucket,
    space: 64 * 2 ** 30,
    tokens: {
      admin: app.as('admin').token!,
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
    takenSpace: () => app.collection('ingestor_space').findOne({}) as Promise<never>,
    end: async () => {
      for await (const { key, uploadId } of store.pendingUploads(bucket, ''))
        await store.abortUpload(bucket, key, uploadId);
      await app.stop();
      await provider.stop();
    },
  });
});
