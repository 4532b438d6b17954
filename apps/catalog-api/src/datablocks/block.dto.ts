import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsISO8601 } from '../http/iso-date.decorator.js';

/** Files in one block; SciCat's ingestors stay below it. */
const maxFiles = 50_000;

class DataFile {
  @IsString() @IsNotEmpty() @MaxLength(4096) path: string;
  @IsInt() @Min(0) size: number;
  @IsISO8601() time: string;
  @IsOptional() @IsString() chk?: string;
  @IsOptional() @IsString() uid?: string;
  @IsOptional() @IsString() gid?: string;
  @IsOptional() @IsString() perm?: string;
  @IsOptional() @IsString() type?: string;
  @IsOptional() @IsObject() metadata?: Record<string, unknown>;
}

/** Groups and visibility are taken from the dataset, whatever is sent. */
class BlockRights {
  @IsOptional() @IsString() ownerGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsBoolean() isPublished?: boolean;
}

/** Body of the dataset's own sub-routes. */
export class CreateDatasetOrigDatablockDto {
  @IsInt() @Min(0) size: number;
  @IsOptional() @IsString() @IsNotEmpty() chkAlg?: string;
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(maxFiles)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DataFile)
  dataFileList: DataFile[];
  @IsOptional() @IsBoolean() isPublished?: boolean;
}

export class UpdateOrigDatablockDto extends BlockRights {
  @IsInt() @Min(0) size: number;
  @IsOptional() @IsString() @IsNotEmpty() chkAlg?: string;
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(maxFiles)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DataFile)
  dataFileList: DataFile[];
}

export class CreateOrigDatablockDto extends UpdateOrigDatablockDto {
  @IsString() @IsNotEmpty() datasetId: string;
}

export class PartialUpdateOrigDatablockDto extends BlockRights {
  @IsOptional() @IsInt() @Min(0) size?: number;
  @IsOptional() @IsString() @IsNotEmpty() chkAlg?: string;
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(maxFiles)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DataFile)
  dataFileList?: DataFile[];
}

export class CreateDatasetDatablockDto extends CreateDatasetOrigDatablockDto {
  @IsString() @IsNotEmpty() @MaxLength(1000) archiveId: string;
  @IsInt() @Min(0) packedSize: number;
  @IsString() version: string;
}

export class CreateDatablockDto extends CreateOrigDatablockDto {
  @IsString() @IsNotEmpty() @MaxLength(1000) archiveId: string;
  @IsInt() @Min(0) packedSize: number;
  @IsString() version: string;
}

export class PartialUpdateDatablockDto extends PartialUpdateOrigDatablockDto {
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(1000) archiveId?: string;
  @IsOptional() @IsInt() @Min(0) packedSize?: number;
  @IsOptional() @IsString() version?: string;
}
