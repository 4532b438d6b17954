import { IsString, MaxLength, MinLength } from 'class-validator';
import { Count, Sha256 } from './fields.js';

/** Claim check: where a list too long for a message lies in object storage, and how to know it arrived whole. */
export class ObjectReference {
  @IsString()
  @MinLength(3)
  @MaxLength(63)
  bucket: string;

  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  key: string;

  /** Bytes. */
  @Count()
  size: number;

  @Sha256()
  sha256: string;
}
