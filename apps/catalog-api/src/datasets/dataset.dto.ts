import {
  IsArray,
  IsBoolean,
  IsEmail,
  IsISO8601,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';

/** One or more addresses, separated by `;`. */
const addresses = /^[^@;\s]+@[^@;\s]+(\s*;\s*[^@;\s]+@[^@;\s]+)*\s*;?\s*$/;

class Technique {
  @IsString()
  pid: string;

  @IsString()
  name: string;
}

class Relationship {
  @IsString()
  pid: string;

  @IsString()
  relationship: string;
}

/** Fields that may change after creation, common to all forms. */
class DatasetFields {
  @IsOptional() @IsEmail() ownerEmail?: string;
  @IsOptional() @IsString() orcidOfOwner?: string;
  @IsOptional() @Matches(/^([a-z][a-z0-9+.-]*:\/\/)?[^\s/]+.*$/i) sourceFolderHost?: string;
  @IsOptional() @IsInt() @Min(0) size?: number;
  @IsOptional() @IsInt() @Min(0) packedSize?: number;
  @IsOptional() @IsInt() @Min(0) numberOfFiles?: number;
  @IsOptional() @IsInt() @Min(0) numberOfFilesArchived?: number;
  @IsOptional() @IsArray() @IsString({ each: true }) keywords?: string[];
  @IsOptional() @IsString() description?: string;
  @IsOptional() @IsString() comment?: string;
  @IsOptional() @IsString() validationStatus?: string;
  @IsOptional() @IsString() license?: string;
  @IsOptional() @IsString() dataFormat?: string;
  @IsOptional() @IsString() runNumber?: string;
  @IsOptional() @IsString() classification?: string;
  @IsOptional() @IsBoolean() isPublished?: boolean;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Technique) techniques?: Technique[];
  @IsOptional() @IsArray() @IsEmail({}, { each: true }) sharedWith?: string[];
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Relationship) relationships?: Relationship[];
  @IsOptional() @IsObject() datasetlifecycle?: Record<string, unknown>;
  @IsOptional() @IsObject() scientificMetadata?: Record<string, unknown>;
  @IsOptional() @IsString() scientificMetadataSchema?: string;
  @IsOptional() @IsBoolean() scientificMetadataValid?: boolean;
  @IsOptional() @IsNumber() dataQualityMetrics?: number;
  @IsOptional() @IsISO8601() startTime?: string;
  @IsOptional() @IsISO8601() endTime?: string;
  @IsOptional() @IsString({ each: true }) @IsArray() inputDatasets?: string[];
  @IsOptional() @IsString({ each: true }) @IsArray() usedSoftware?: string[];
  @IsOptional() @IsObject() jobParameters?: Record<string, unknown>;
  @IsOptional() @IsString() jobLogData?: string;
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
}

export class CreateDatasetV4Dto extends DatasetFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsOptional() @IsString() pid?: string;
  @IsString() type: string;
  @IsOptional() @IsString() owner?: string;
  @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsISO8601() creationTime: string;
  @IsString() datasetName: string;
  @IsOptional() @IsArray() @IsString({ each: true }) principalInvestigators?: string[];
  @IsOptional() @IsString() creationLocation?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) proposalIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) sampleIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) instrumentIds?: string[];
}

class CreateV3Dto extends DatasetFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsOptional() @IsString() pid?: string;
  @IsOptional() @IsString() version?: string;
  @IsString() owner: string;
  @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsISO8601() creationTime: string;
  @IsOptional() @IsString() datasetName?: string;
  @IsOptional() @IsString() proposalId?: string;
}

export class CreateRawDatasetDto extends CreateV3Dto {
  @IsIn(['raw']) type: 'raw';
  @IsString() principalInvestigator: string;
  @IsString() creationLocation: string;
  @IsOptional() @IsString() sampleId?: string;
  @IsOptional() @IsString() instrumentId?: string;
}

export class CreateDerivedDatasetDto extends CreateV3Dto {
  @IsIn(['derived']) type: 'derived';
  @IsString() investigator: string;
  @IsArray() @IsString({ each: true }) declare inputDatasets: string[];
  @IsArray() @IsString({ each: true }) declare usedSoftware: string[];
}

/** All fields of v4 creation but `pid` and `type`, none required. */
export class UpdateDatasetV4Dto extends DatasetFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsString() owner?: string;
  @IsOptional() @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail?: string;
  @IsOptional() @IsString() @IsNotEmpty() sourceFolder?: string;
  @IsOptional() @IsISO8601() creationTime?: string;
  @IsOptional() @IsString() datasetName?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) principalInvestigators?: string[];
  @IsOptional() @IsString() creationLocation?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) proposalIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) sampleIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) instrumentIds?: string[];
}

/** v4's partial update plus v3's singular names. */
export class UpdateDatasetV3Dto extends UpdateDatasetV4Dto {
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsString() sampleId?: string;
  @IsOptional() @IsString() instrumentId?: string;
  @IsOptional() @IsString() principalInvestigator?: string;
  @IsOptional() @IsString() investigator?: string;
}

export class UpdateLifecycleDto {
  @IsOptional() @IsBoolean() archivable?: boolean;
  @IsOptional() @IsBoolean() retrievable?: boolean;
  @IsOptional() @IsBoolean() publishable?: boolean;
  @IsOptional() @IsBoolean() isOnCentralDisk?: boolean;
  @IsOptional() @IsBoolean() retrieveIntegrityCheck?: boolean;
  @IsOptional() @IsString() archiveStatusMessage?: string;
  @IsOptional() @IsString() retrieveStatusMessage?: string;
  @IsOptional() @IsObject() archiveReturnMessage?: Record<string, unknown>;
  @IsOptional() @IsObject() retrieveReturnMessage?: Record<string, unknown>;
  @IsOptional() @IsISO8601() dateOfDiskPurging?: string;
  @IsOptional() @IsISO8601() archiveRetentionTime?: string;
  @IsOptional() @IsISO8601() dateOfPublishing?: string;
  @IsOptional() @IsISO8601() publishedOn?: string;
  @IsOptional() @IsString() exportedTo?: string;
  @IsOptional() @IsString() storageLocation?: string;
}
