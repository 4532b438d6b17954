import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  AuthApi,
  Configuration,
  DatasetsApi,
  DatasetsPublicV4Api,
  DatasetsV4Api,
  JobsApi,
  JobsV4Api,
  MetadataKeysV4Api,
  OrigdatablocksApi,
  OrigdatablocksPublicV4Api,
  ProposalsApi,
  PublishedDataV4Api,
  ResponseError,
  UsersApi,
  type DatasetsControllerCreateV3Request,
} from '@scicatproject/scicat-sdk-ts-fetch';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

const time = new Date('2024-01-02T03:04:05.000Z');
const json = (value: unknown): string => JSON.stringify(value);

/** A program with the published client: each step uses what the steps before it made. */
describe('A program with the published SDK', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE: resolve('examples/job-configuration.yaml'),
      DOI_PREFIX: '10.5072/',
    });
  });
  after(() => app.stop());

  const anonymous = () => new Configuration({ basePath: app.base });
  const as = (accessToken: string) => new Configuration({ basePath: app.base, accessToken });
  const account = (name: AccountName) => as(app.as(name).token!);
  const refusal = async (call: Promise<unknown>): Promise<number> => {
    try {
      await call;
    } catch (error) {
      if (error instanceof ResponseError) return error.response.status;
      throw error;
    }
    return assert.fail('the call was not refused');
  };

  let user: Configuration;
  let pid: string;
  let derivedPid: string;
  let doi: string;

  it('signs in, and learns who it is', async () => {
    const login = await new AuthApi(anonymous()).authControllerLoginV3({
      CredentialsDto: { username: 'user1', password: 'a password of the test' },
    });
    assert.equal(login.id, login.access_token);
    assert.equal(login.expires_in, login.ttl);
    user = as(login.access_token);
    const self = await new UsersApi(user).usersControllerGetMyUserV3();
    assert.deepEqual([self.id, self.username], [login.userId, 'user1']);
    assert.equal(login.user.username, self.username);
    const wrong = { CredentialsDto: { username: 'user1', password: 'wrong' } };
    assert.equal(await refusal(new AuthApi(anonymous()).authControllerLoginV3(wrong)), 401);
  });

  it('makes a proposal', async () => {
    const made = await new ProposalsApi(account('proposalIngestor')).proposalsControllerCreateV3({
      CreateProposalDto: {
        proposalId: '20240001',
        title: 'Of mice',
        _abstract: 'What mice do at night.',
        email: 'pi@example.org',
        ownerGroup: 'group1',
        startTime: time,
        metadata: { energy: { value: 12, unit: 'keV' } },
      },
    });
    assert.deepEqual([made.proposalId, made._abstract], ['20240001', 'What mice do at night.']);
    const proposals = new ProposalsApi(user);
    const read = await proposals.proposalsControllerFindByIdV3({ pid: '20240001' });
    assert.deepEqual([read.startTime, read.instrumentIds], [time, []]);
    assert.deepEqual(await proposals.proposalsControllerFindByIdAccessV3({ pid: '20240001' }), {
      canAccess: true,
    });
    const CreateProposalDto = { proposalId: 'x', title: 'x', email: 'x@example.org', ownerGroup: 'group1' };
    assert.equal(await refusal(proposals.proposalsControllerCreateV3({ CreateProposalDto })), 403);
  });

  it('makes a raw dataset by v3 and a derived one by v4', async () => {
    // The SDK has one type for the three bodies, with the required fields of each.
    const body = {
      type: 'raw',
      owner: 'Ada',
      ownerGroup: 'group1',
      contactEmail: 'ada@example.org',
      principalInvestigator: 'Ada',
      creationLocation: '/site/beamline',
      creationTime: time,
      sourceFolder: '/data/run/7',
      datasetName: 'whiskers at rest',
      proposalId: '20240001',
      scientificMetadata: { 'a.b': { value: 1, unit: 'm' }, temperature: { value: 300, unit: 'K' } },
    } as DatasetsControllerCreateV3Request;
    const datasets = new DatasetsApi(user);
    assert.equal(
      (await datasets.datasetsControllerIsValidV3({ DatasetsControllerCreateV3Request: body })).valid,
      true,
    );
    const raw = await datasets.datasetsControllerCreateV3({ DatasetsControllerCreateV3Request: body });
    pid = raw.pid;
    assert.match(pid, /^20\.500\.12345\/[0-9a-f-]{36}$/);
    const derived = await new DatasetsV4Api(user).datasetsV4ControllerCreateV4({
      CreateDatasetDto: {
        type: 'derived',
        ownerGroup: 'group1',
        contactEmail: 'ada@example.org',
        creationTime: time,
        sourceFolder: '/data/reduced/7',
        datasetName: 'whiskers reduced',
        inputDatasets: [pid],
        proposalIds: ['20240001'],
      },
    });
    derivedPid = derived.pid;
    const read = await datasets.datasetsControllerFindByIdV3({ pid: derivedPid });
    assert.deepEqual([read.type, read.inputDatasets, read.proposalId], ['derived', [pid], '20240001']);
    const v4 = await new DatasetsV4Api(user).datasetsV4ControllerFindByIdV4({
      pid,
      include: ['proposals'] as never,
    });
    assert.deepEqual([v4.proposalIds, v4.creationTime], [['20240001'], time]);
  });

  it('lists its files and counts their bytes', async () => {
    const datasets = new DatasetsApi(user);
    await datasets.datasetsControllerCreateOrigDatablockV3({
      pid,
      CreateDatasetOrigDatablockDto: {
        size: 10,
        chkAlg: 'sha256',
        dataFileList: ['a.h5', 'b.h5'].map((path) => ({ path, size: 5, time })),
      },
    });
    await new OrigdatablocksApi(user).origDatablocksControllerCreateV3({
      CreateOrigDatablockDto: {
        datasetId: derivedPid,
        size: 3,
        dataFileList: [{ path: 'c.h5', size: 3, time }],
      },
    });
    const [block] = await datasets.datasetsControllerFindAllOrigDatablocksV3({ pid });
    assert.deepEqual([block?.dataFileList.length, block?.dataFileList[0]?.time], [2, time]);
    const { size, numberOfFiles } = await datasets.datasetsControllerFindByIdV3({ pid });
    assert.deepEqual([size, numberOfFiles], [10, 2]);
    assert.equal((await datasets.datasetsControllerFindByIdV3({ pid: derivedPid })).size, 3);
  });

  it('adds a picture, and changes it by its id', async () => {
    const datasets = new DatasetsApi(user);
    const { aid } = await datasets.datasetsControllerCreateAttachmentV3({
      pid,
      CreateAttachmentV3Dto: {
        caption: 'a mouse',
        thumbnail: 'data:image/png;base64,AAAA',
        ownerGroup: 'group1',
      },
    });
    await datasets.datasetsControllerFindOneAttachmentAndUpdateV3({
      pid,
      aid,
      UpdateAttachmentV3Dto: { caption: 'the mouse', ownerGroup: 'group1' },
    });
    const [attachment] = await datasets.datasetsControllerFindAllAttachmentsV3({ pid });
    assert.deepEqual([attachment?.aid, attachment?.caption], [aid, 'the mouse']);
    const picture = await datasets.datasetsControllerThumbnailV3({ pid });
    assert.equal(picture.thumbnail, 'data:image/png;base64,AAAA');
  });

  it('changes what it made, in both versions', async () => {
    const datasets = new DatasetsApi(user);
    const changed = await datasets.datasetsControllerFindByIdAndUpdateV3({
      pid,
      DatasetsControllerFindByIdAndUpdateV3Request: { keywords: ['mice', 'night'] },
    });
    assert.deepEqual(changed.keywords, ['mice', 'night']);
    const described = await new DatasetsV4Api(user).datasetsV4ControllerFindByIdAndUpdateV4({
      pid: derivedPid,
      PartialUpdateDatasetDto: { description: 'reduced by hand' },
    });
    assert.deepEqual([described.description, described.size], ['reduced by hand', 3]);
  });

  it('finds its datasets again: by words, conditions and facets', async () => {
    const datasets = new DatasetsApi(user);
    const pids = async (fields: object): Promise<string[]> =>
      (
        await datasets.datasetsControllerFullqueryV3({
          fields: json(fields),
          limits: json({ order: 'pid:asc' }),
        })
      ).map((dataset) => dataset.pid);
    assert.deepEqual(await pids({}), [pid, derivedPid].sort());
    assert.deepEqual(await pids({ text: 'reduced' }), [derivedPid]);
    const warm = { lhs: 'temperature', relation: 'GREATER_THAN', rhs: 10, unit: 'degC' };
    assert.deepEqual(await pids({ scientific: [warm] }), [pid]);
    const [facet] = await datasets.datasetsControllerFullfacetV3({ fields: '{}', facets: json(['type']) });
    assert.deepEqual(facet?.all, [{ totalSets: 2 }]);
    const filter = json({ where: { proposalId: '20240001' } });
    assert.equal((await datasets.datasetsControllerFindAllV3({ filter })).length, 2);
    assert.equal((await datasets.datasetsControllerCountV3({ filter })).count, 2);
    const v4 = new DatasetsV4Api(user);
    const named = json({ where: { datasetName: { $regex: 'whiskers' } }, fields: ['pid'] });
    assert.equal((await v4.datasetsV4ControllerFindAllV4({ filter: named })).length, 2);
    const keys = await new MetadataKeysV4Api(user).metadataKeysV4ControllerFindAllV4({
      filter: json({ where: { sourceType: 'dataset' } }),
    });
    assert.deepEqual(keys.map(({ key }) => key).sort(), ['a.b', 'temperature']);
  });

  it('submits a job, and reads it in both versions', async () => {
    const made = await new JobsApi(user).jobsControllerCreateV3({
      CreateJobDtoV3: {
        type: 'archive',
        jobParams: { username: 'user1' },
        emailJobInitiator: app.emailOf('user1'),
        datasetList: [{ pid, files: [] }],
      },
    });
    const v3 = await new JobsApi(user).jobsControllerFindOneV3({ id: made.id });
    assert.deepEqual([v3.type, v3.jobStatusMessage], ['archive', 'jobSubmitted']);
    // The SDK's reader of v4 jobs expects joined datasets that SciCat only sends on request: the answer as it came.
    const { raw } = await new JobsV4Api(user).jobsV4ControllerFindOneV4Raw({ id: made.id });
    const v4 = (await raw.json()) as Record<string, unknown>;
    assert.deepEqual([v4['ownerUser'], v4['statusCode']], ['user1', 'jobSubmitted']);
    assert.deepEqual(
      (
        await new JobsApi(user).jobsControllerFullQueryV3({ fields: json({ type: 'archive' }), limits: '{}' })
      ).map(({ id }) => id),
      [made.id],
    );
  });

  it('publishes its datasets: a draft, a public record, a registered one', async () => {
    const publications = new PublishedDataV4Api(user);
    const config = await publications.publishedDataV4ControllerGetConfigV4();
    assert.equal(typeof config.metadataSchema, 'object');
    const form = await publications.publishedDataV4ControllerFormPopulateV4({ pid: [pid] });
    const draft = await publications.publishedDataV4ControllerCreateV4({
      CreatePublishedDataV4Dto: {
        title: 'Of whiskers',
        _abstract: form._abstract ?? 'None.',
        datasetPids: [pid, derivedPid],
        metadata: {
          creators: [{ name: 'Lovelace, Ada' }],
          publisher: { name: 'The facility' },
          publicationYear: 2026,
          resourceType: 'raw',
        },
      },
    });
    doi = draft.doi;
    assert.equal(draft.status, 'private');
    const everybody = new PublishedDataV4Api(anonymous());
    assert.equal(await refusal(everybody.publishedDataV4ControllerFindOneV4({ id: doi })), 404);
    assert.equal((await publications.publishedDataV4ControllerPublishV4({ id: doi })).status, 'public');
    await publications.publishedDataV4ControllerRegisterV4({ id: doi });
    const registered = await everybody.publishedDataV4ControllerFindOneV4({ id: doi });
    assert.deepEqual([registered.status, registered.datasetPids], ['registered', [pid, derivedPid]]);
    assert.ok(
      registered.registeredTime instanceof Date && !Number.isNaN(registered.registeredTime.getTime()),
    );
    assert.deepEqual([registered.numberOfFiles, registered.sizeOfArchive], [3, 13]);
    assert.deepEqual(await everybody.publishedDataV4ControllerCountV4({}), { count: 1 });
  });

  it('reads everything back without signing in', async () => {
    const datasets = new DatasetsPublicV4Api(anonymous());
    const found = await datasets.datasetsPublicV4ControllerFindAllPublicV4({});
    assert.deepEqual(found.map((dataset) => dataset.pid).sort(), [pid, derivedPid].sort());
    assert.deepEqual(await datasets.datasetsPublicV4ControllerCountPublicV4({}), { count: 2 });
    const read = await datasets.datasetsPublicV4ControllerFindByIdPublicV4({ pid });
    assert.deepEqual([read.isPublished, read.keywords], [true, ['mice', 'night']]);
    assert.ok(read.datasetlifecycle?.publishedOn instanceof Date);
    const blocks = new OrigdatablocksPublicV4Api(anonymous());
    assert.equal((await blocks.origDatablocksPublicV4ControllerFindAllPublicV4({})).length, 2);
    assert.deepEqual(await blocks.origDatablocksPublicV4ControllerCountFilesPublicV4({}), { count: 3 });
    const v3 = await new DatasetsApi(anonymous()).datasetsControllerFindByIdV3({ pid });
    assert.equal(v3.datasetName, 'whiskers at rest');
  });

  it('signs out, and its token is no longer taken', async () => {
    await new AuthApi(user).authControllerLogoutV3();
    assert.equal(await refusal(new UsersApi(user).usersControllerGetMyUserV3()), 401);
  });
});
