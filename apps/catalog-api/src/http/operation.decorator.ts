import { SetMetadata } from '@nestjs/common';
import type { AnswerClass, AnswerValue } from './answer.js';

/** What is answered, or a list of it in an array. */
export type Answered = AnswerValue | readonly [AnswerValue];

/** One name for all versions of the API, or one for each. */
export type NameByVersion = string | Readonly<Record<'3' | '4', string>>;

export interface OperationDescription {
  /** As the published SDK calls it: `datasetsControllerFindAllV3`. One id for each version of the API that has it. */
  readonly id: NameByVersion;
  /** DTO classes of the request body; several stand for one of them. */
  readonly body?: (new () => object) | readonly (new () => object)[];
  /** Name of a body that is one of several, where it is not that of the operation. */
  readonly bodyName?: string;
  /** What a success answers. Absent: an empty or free body. */
  readonly answer?: Answered;
  /** Where nothing is found, or nothing is left, SciCat answers a success without a body. */
  readonly mayBeEmpty?: boolean;
  /** Query parameters that need an explanation. */
  readonly query?: Readonly<Record<string, string>>;
  /** Query parameters that the published SDK sends as objects. */
  readonly objects?: Readonly<Record<string, AnswerClass>>;
  /** Whether browsers are answered the same as a page. */
  readonly mayBePage?: boolean;
  /** Whether 202 answers the same, for what is taken and not done yet. */
  readonly mayBePending?: boolean;
  /** What 503 answers. */
  readonly unavailable?: AnswerClass;
  readonly summary?: string;
}

export const operationKey = 'catena:operation';
export const areaKey = 'catena:area';

/** Describes an endpoint for the OpenAPI document; path, method, status and parameters come from Nest's own decorators. */
export const Operation = (id: OperationDescription['id'], more: Omit<OperationDescription, 'id'> = {}) =>
  SetMetadata(operationKey, { id, ...more });

/** The tag of a controller's operations, as the published SDK groups them: `datasets`, `datasets v4`. */
export const Area = (name: NameByVersion) => SetMetadata(areaKey, name);
