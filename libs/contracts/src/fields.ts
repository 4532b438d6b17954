import { applyDecorators } from '@nestjs/common';
import {
  IsHexadecimal,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';

/** Field types that recur in payloads. */
export const JobId = (): PropertyDecorator => applyDecorators(IsString(), MinLength(1), MaxLength(100));
export const DatasetPid = (): PropertyDecorator => applyDecorators(IsString(), MinLength(1), MaxLength(500));
/** `<jobId>/<kind>/<dataset number>/<datablock number>` */
export const WorkOrderId = (): PropertyDecorator => applyDecorators(IsString(), Matches(/^[^\s]{1,200}$/));
/** A whole number of bytes or things, 0 to 2^53 − 1. */
export const Count = (): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));
export const Sha256 = (): PropertyDecorator => applyDecorators(IsHexadecimal(), Length(64, 64));
export const ArchiveId = (): PropertyDecorator => applyDecorators(IsString(), MinLength(1), MaxLength(1000));
/** An error code of docs/errors.md. */
export const ErrorCode = (): PropertyDecorator =>
  applyDecorators(Matches(/^[a-z-]+\.[a-z0-9-]+$/), MaxLength(100));
/** A sentence for people. */
export const Sentence = (): PropertyDecorator => applyDecorators(IsString(), MaxLength(2000));
