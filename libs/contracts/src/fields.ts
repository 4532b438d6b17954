import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';

/** Several decorators as one. */
const all =
  (...decorators: PropertyDecorator[]): PropertyDecorator =>
  (target, property) =>
    decorators.forEach((decorate) => decorate(target, property));

/** The id of the job in the catalogue. */
export const JobId = (): PropertyDecorator => all(IsString(), MinLength(1), MaxLength(100));
/** The dataset's persistent identifier. */
export const DatasetPid = (): PropertyDecorator => all(IsString(), MinLength(1), MaxLength(500));
/** `<jobId>/<dataset number>/<datablock number>`, both counted from 0; what follows up on it appends a word. */
export const WorkOrderId = (): PropertyDecorator => all(IsString(), Matches(/^[^\s]{1,200}$/));
/** A whole number of bytes or things, 0 to 2^53 − 1. */
export const Count = (): PropertyDecorator => all(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));
/** 64 hexadecimal digits in lower case, so that equal checksums are equal texts. */
export const Sha256 = (): PropertyDecorator => all(IsString(), Matches(/^[0-9a-f]{64}$/));
/** The datablock's name on long-term storage. */
export const ArchiveId = (): PropertyDecorator => all(IsString(), MinLength(1), MaxLength(1000));
/** An error code of docs/errors.md. */
export const ErrorCode = (): PropertyDecorator => all(Matches(/^[a-z-]+\.[a-z0-9-]+$/), MaxLength(100));
/** Names of targets of ROUTES_FILE, each once, in order of preference; absent without that file. */
export const TargetNames = (): PropertyDecorator =>
  all(
    ...[IsOptional(), IsArray(), ArrayMinSize(1), ArrayMaxSize(4), ArrayUnique()],
    Matches(/^[a-z0-9-]{1,40}$/, { each: true }),
  );
/** The name of a target of ROUTES_FILE. */
export const TargetName = (): PropertyDecorator => all(IsString(), Matches(/^[a-z0-9-]{1,40}$/));
/** An order to an outside worker: the id of the work order it serves, a slash and the target; what follows up on it appends a word. */
export const CopyOrderId = (): PropertyDecorator => all(IsString(), Matches(/^[^\s]{1,300}$/));
/** How often the order was sent, from 1: each time with fresh links. */
export const Attempt = (): PropertyDecorator => all(IsInt(), Min(1), Max(1_000_000));
/** A sentence for people. */
export const Sentence = (): PropertyDecorator => all(IsString(), MaxLength(2000));
/** A list of objects of their own shape, `most` of them. */
export const NestedList = (type: () => new () => object, most: number): PropertyDecorator =>
  all(IsArray(), ArrayMaxSize(most), IsObject({ each: true }), ValidateNested({ each: true }), Type(type));
/** An object of its own shape. `ValidateNested` alone lets a missing object and a list pass, hence `IsObject`. */
export const Nested = (type: () => new () => object): PropertyDecorator =>
  all(IsObject(), ValidateNested(), Type(type));
/** A DOI without resolver, for example `10.5072/abc`. */
export const Doi = (): PropertyDecorator => all(IsString(), MaxLength(500), Matches(/^[^\s/]+\/\S+$/));
/** The version of a publication in the catalogue: grows with every step of its life. */
export const PublicationVersion = (): PropertyDecorator => all(IsInt(), Min(1));
