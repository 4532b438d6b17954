import type { Type } from '@nestjs/common';

/**
 * Classes that do something by themselves once their app has started, and that no story needs, each with the reason. Whatever an app
 * begins in future is in the stories, until it stands here.
 */
export const leftOut: Readonly<Record<string, string>> = {
  AppHealth: 'looks at connections for health, which nobody asks for here',
  BulkLoop: 'runs what operators ask of many parked messages',
  OperationsSweep: 'forgets old entries of the audit trail',
  MessageIndexes: 'makes indexes; the twins know the unique ones by themselves',
  Spans: 'sends traces',
  ServiceHostNumbers: 'numbers for dashboards',
  OperationsListener: 'listens on a port',
  ArchiverNumbers: 'numbers for dashboards',
  AssemblerNumbers: 'numbers for dashboards',
  CatalogNumbers: 'numbers for dashboards',
  Metrics: 'numbers for dashboards',
  ThreadWatch: 'asks the file system of this machine',
  WorkerPresence: 'tells operators which workers there are',
  WorkFacts: 'answers why work waits',
  AssemblerFacts: 'answers why jobs wait',
  CatalogFacts: 'answers why jobs wait',
  AdoptionRuns: 'adopts what earlier systems archived: not in the stories',
  UploadsSweep: 'ends uploads of workers and ingestors that were given up: not in the stories',
  ScrubCopies: 'reads old copies again; stories are shorter than a day',
  Scrubbing: 'reads old copies again; stories are shorter than a day',
  Reconciliations: 'compares what operators ask for',
  KeyAnnouncement: 'no certificates are issued without a key',
  CertificateSweep: 'no certificates are issued without a key',
  JobMails: 'no mails are sent without a server',
  JobMailTexts: 'no mails are sent without a server',
  EmbargoSweep: 'publications are not in the stories',
  MetadataShapesSweep: 'forms of scientific metadata are not in the stories',
  RecordIndex: 'holds large collections in memory; those of stories are small',
  IdempotencyKeySweep: 'of datasets; stories post none',
  EventStreams: 'tells browsers; nobody listens',
  FunctionalAccounts: 'accounts; callers are given here',
  FinishedJobsSweep: 'forgets jobs after weeks',
  EndedWorkSweep: 'forgets work after weeks',
  MissingTargets: 'looks for targets that ROUTES_FILE no longer has',
  OutsideResending: 'workers of others are not in the stories',
  SteeringSweep: 'ends what operators have steered',
  UnfinishedMarks: 'marks jobs of earlier versions',
  UnreadableBodies: 'answers over HTTP',
};

/** Whether a class does something by itself that stories need. */
export function isInStories(type: Type): boolean {
  const { prototype } = type as { prototype: object };
  return hooks.some((hook) => hook in prototype) && leftOut[type.name] === undefined;
}

const hooks = ['onModuleInit', 'onApplicationBootstrap'] as const;

/** What Nest calls when an app starts, in its order. */
export interface Hooked {
  onModuleInit?(): unknown;
  onApplicationBootstrap?(): unknown;
}
