import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsISO8601,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** Files in one block; SciCat's ingestors stay below it. */
const mostFiles = 50_000;

class DataFileDto {
  @IsString() @IsNotEmpty() @MaxLength(4096) path: string;
  @IsInt() @Min(0) size: number;
  @IsISO8601() time: string;
  @IsOptional() @IsString() chk?: string;
  @IsOptional() @IsString() uid?: string;
  @IsOptional() @IsString() gid?: string;
  @IsOptional() @IsString() perm?: string;
  @IsOptional() @IsString() type?: string;
}

/** Body of the dataset's own sub-routes: groups are copied from the dataset. */
export class CreateOrigDatablockInDatasetDto {
  @IsInt() @Min(0) size: number;
  @IsOptional() @IsString() chkAlg?: string;
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(mostFiles)
  @ValidateNested({ each: true })
  @Type(() => DataFileDto)
  dataFileList: DataFileDto[];
}

export class CreateOrigDatablockDto extends CreateOrigDatablockInDatasetDto {
  @IsString() @IsNotEmpty() datasetId: string;
  @IsOptional() @IsString() ownerGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
}

export class CreateDatablockInDatasetDto extends CreateOrigDatablockInDatasetDto {
  @IsString() @IsNotEmpty() @MaxLength(1000) archiveId: string;
  @IsInt() @Min(0) packedSize: number;
  @IsString() version: string;
}

export class CreateDatablockDto extends CreateDatablockInDatasetDto {
  @IsString() @IsNotEmpty() datasetId: string;
  @IsOptional() @IsString() ownerGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
}
