import { SetMetadata } from '@nestjs/common';

/** Name of a schema in the OpenAPI document: of a request DTO class, or of an answer in `openapi/answers`. */
export type SchemaName = string;

export interface OperationDescription {
  /** As the published SDK calls it: `datasetsControllerFindAllV3`. One id for each version of the API that has it. */
  readonly id: string | Readonly<Record<'3' | '4', string>>;
  /** DTO classes of the request body; several stand for one of them. */
  readonly body?: (new () => object) | readonly (new () => object)[];
  /** Name of a body that is one of several, where it is not that of the operation. */
  readonly bodyName?: SchemaName;
  /** What a success answers; in an array for a list of it. Absent: an empty or free body. */
  readonly answer?: SchemaName | readonly [SchemaName];
  /** Query parameters that need an explanation. */
  readonly query?: Readonly<Record<string, string>>;
  /** Query parameters that the published SDK sends as objects: the names of their schemas. */
  readonly objects?: Readonly<Record<string, SchemaName>>;
  /** What 503 answers. */
  readonly unavailable?: SchemaName;
  readonly summary?: string;
}

export const operationKey = 'catena:operation';
export const areaKey = 'catena:area';

/** Describes an endpoint for the OpenAPI document; path, method, status and parameters come from Nest's own decorators. */
export const Operation = (id: OperationDescription['id'], more: Omit<OperationDescription, 'id'> = {}) =>
  SetMetadata(operationKey, { id, ...more });

/** The tag of a controller's operations, as the published SDK groups them: `datasets`, `datasets v4`. */
export const Area = (name: string) => SetMetadata(areaKey, name);
