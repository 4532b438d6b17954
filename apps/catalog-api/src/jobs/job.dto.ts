import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { IsMailAddress } from '../http/mail-address.decorator.js';
import { IsISO8601 } from '../http/iso-date.decorator.js';

export class CreateJobDto {
  @IsString() type: string;
  @IsObject() jobParams: Record<string, unknown>;
  @IsOptional() @IsString() ownerUser?: string;
  @IsOptional() @IsString() ownerGroup?: string;
  @IsOptional() @IsMailAddress() contactEmail?: string;
}

export class UpdateJobDto {
  @IsString() statusCode: string;
  @IsString() statusMessage: string;
  @IsOptional() @IsObject() jobResultObject?: Record<string, unknown>;
}

export class UpdateJobDtoV3 {
  @IsOptional() @IsString() jobStatusMessage?: string;
  @IsOptional() @IsObject() jobResultObject?: Record<string, unknown>;
  @IsOptional() executionTime?: unknown;
}

/** Why a job is stopped; required where it is a job of others. */
export class CancelJobDto {
  @IsOptional() @IsString() @Length(3, 500) reason?: string;
}

class DatasetListDto {
  @IsString() pid: string;
  @IsArray() @IsString({ each: true }) files: string[];
}

/** The old body. It is turned into the new one before it is checked, so this only documents it. */
export class CreateJobDtoV3 {
  @IsOptional() @IsString() emailJobInitiator?: string;
  @IsString() type: string;
  @IsOptional() @IsObject() jobParams?: Record<string, unknown>;
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DatasetListDto)
  datasetList: DatasetListDto[];
  @IsOptional() @IsISO8601() executionTime?: string;
  @IsOptional() @IsString() jobStatusMessage?: string;
  @IsOptional() @IsObject() jobResultObject?: Record<string, unknown>;
}
