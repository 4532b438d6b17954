import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

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
}
