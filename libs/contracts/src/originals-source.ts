import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { Nested } from './fields.js';

/** Whose a dataset in a source folder is: what the rules of source folders ask for, when bytes are read. */
export class SourceOwnership {
  @IsString()
  @MaxLength(500)
  ownerGroup: string;

  /** Proposals of the dataset that belong to its owner group. */
  @IsArray()
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  @MaxLength(500, { each: true })
  proposalIds: string[];

  @IsArray()
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  @MaxLength(500, { each: true })
  instrumentIds: string[];
}

/** Where the original files of a dataset lie. */
export class OriginalsSource {
  @IsIn(['landing-zone', 'source-folder'])
  kind: 'landing-zone' | 'source-folder';

  /** `landing-zone`: key prefix in the landing-zone bucket, without trailing slash. `source-folder`: the dataset's absolute source folder. */
  @IsString()
  @MinLength(1)
  @MaxLength(4096)
  location: string;

  /** `landing-zone` only. */
  @IsOptional()
  @IsString()
  @MaxLength(63)
  bucket?: string;

  /** `landing-zone` only: the prefix of uploads from before 0.2, if no other dataset of the catalogue shares it. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  formerLocation?: string;

  /** `source-folder` only; without it the archiver reads nothing. */
  @IsOptional()
  @Nested(() => SourceOwnership)
  ownership?: SourceOwnership;
}
