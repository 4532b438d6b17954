import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { Count } from '../fields.js';
import { maxToldListBytes, type DatasetListLine } from '../lists.js';

/** A dataset of a job, as the job was accepted. */
export class DatasetOfJob implements DatasetListLine {
  @IsString()
  @MinLength(1)
  @MaxLength(maxToldListBytes)
  pid: string;

  /** Names of single files, and of folders, which mean everything below them; none: the whole dataset. */
  @IsArray()
  @ArrayMaxSize(maxToldListBytes)
  @IsString({ each: true })
  files: string[];

  /** Bytes of its files, as the catalogue counted them then: for people to see. */
  @IsOptional()
  @Count()
  size?: number;

  /** Bytes of its datablocks, as the catalogue counted them then. */
  @IsOptional()
  @Count()
  packedSize?: number;
}
