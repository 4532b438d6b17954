import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsMailAddress } from '../../http/mail-address.decorator.js';
import { IsDateString } from '../../http/iso-date.decorator.js';
import { IsEmailList } from './email-list.js';

class TechniqueClass {
  @IsString() pid: string;
  @IsString() name: string;
}

/** A tie to something else: as the current SDK has it, or SciCat 4's `{pid, relationship}`. */
class CreateRelationshipDto {
  @IsOptional() @IsString() identifier?: string;
  @IsOptional() @IsString() identifierType?: string;
  @IsOptional() @IsString() relationship?: string;
  @IsOptional() @IsString() entityType?: string;
  @IsOptional() @IsString() externalId?: string;
  @IsOptional() @IsString() pid?: string;
}

/** Fields common to all forms of a dataset. */
class DatasetFields {
  @IsOptional() @IsMailAddress() ownerEmail?: string;
  @IsOptional() @IsString() orcidOfOwner?: string;
  /** A host may have a short name, which SciCat refuses: few machines at an instrument have a domain. */
  @IsOptional()
  @IsUrl({ require_protocol: false, require_valid_protocol: false, require_tld: false })
  sourceFolderHost?: string;
  @IsOptional() @IsInt() @Min(0) size?: number;
  @IsOptional() @IsInt() @Min(0) packedSize?: number;
  @IsOptional() @IsInt() @Min(0) numberOfFiles?: number;
  @IsOptional() @IsInt() @Min(0) numberOfFilesArchived?: number;
  @IsOptional() @IsArray() @IsString({ each: true }) keywords?: string[];
  @IsOptional() @IsString() description?: string;
  @IsOptional() @IsString() comment?: string;
  @IsOptional() @IsString() validationStatus?: string;
  @IsOptional() @IsString() license?: string;
  @IsOptional() @IsString() runNumber?: string;
  @IsOptional() @IsString() classification?: string;
  @IsOptional() @IsBoolean() isPublished?: boolean;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TechniqueClass)
  techniques?: TechniqueClass[];
  @IsOptional() @IsArray() @IsString({ each: true }) sharedWith?: string[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10_000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CreateRelationshipDto)
  relationships?: CreateRelationshipDto[];
  @IsOptional() @IsObject() datasetlifecycle?: Record<string, unknown>;
  @IsOptional() @IsObject() scientificMetadata?: Record<string, unknown>;
  @IsOptional() @IsString() scientificMetadataSchema?: string;
  @IsOptional() @IsBoolean() scientificMetadataValid?: boolean;
  @IsOptional() @IsNumber() dataQualityMetrics?: number;
  @IsOptional() @IsObject() jobParameters?: Record<string, unknown>;
  @IsOptional() @IsString() jobLogData?: string;
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
}

/** What derived datasets of v3 do not have. */
class MeasuredFields extends DatasetFields {
  @IsOptional() @IsDateString() startTime?: string;
  @IsOptional() @IsDateString() endTime?: string;
  @IsOptional() @IsString() dataFormat?: string;
}

/** v4: relations as lists. */
class DatasetFieldsV4 extends MeasuredFields {
  @IsOptional() @IsArray() @IsString({ each: true }) inputDatasets?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) usedSoftware?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) principalInvestigators?: string[];
  @IsOptional() @IsString() creationLocation?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) proposalIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) sampleIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) instrumentIds?: string[];
}

/** All of a v4 dataset but `pid` and `type`: the body of a replacement. */
export class UpdateDatasetDto extends DatasetFieldsV4 {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsOptional() @IsString() owner?: string;
  @IsEmailList() contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsDateString() creationTime: string;
  @IsString() datasetName: string;
}

export class CreateDatasetDto extends UpdateDatasetDto {
  @IsOptional() @IsString() @MaxLength(1000) pid?: string;
  @IsString() type: string;
}

export class PartialUpdateDatasetDto extends DatasetFieldsV4 {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsString() owner?: string;
  @IsOptional() @IsEmailList() contactEmail?: string;
  @IsOptional() @IsString() @IsNotEmpty() sourceFolder?: string;
  @IsOptional() @IsDateString() creationTime?: string;
  @IsOptional() @IsString() datasetName?: string;
}

/** v3: relations in the singular. */
class ReplaceV3 extends DatasetFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsString() owner: string;
  @IsEmailList() contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsDateString() creationTime: string;
  @IsOptional() @IsString() datasetName?: string;
  @IsOptional() @IsString() proposalId?: string;
}

export class UpdateRawDatasetObsoleteDto extends ReplaceV3 {
  @IsOptional() @IsDateString() startTime?: string;
  @IsOptional() @IsDateString() endTime?: string;
  @IsOptional() @IsString() dataFormat?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) inputDatasets?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) usedSoftware?: string[];
  @IsString() principalInvestigator: string;
  @IsString() creationLocation: string;
  @IsOptional() @IsString() sampleId?: string;
  @IsOptional() @IsString() instrumentId?: string;
  @IsOptional() @IsString() investigator?: string;
}

export class CreateRawDatasetObsoleteDto extends UpdateRawDatasetObsoleteDto {
  @IsOptional() @IsString() @MaxLength(1000) pid?: string;
  @IsOptional() @IsString() version?: string;
  @IsIn(['raw']) type: 'raw';
}

export class UpdateDerivedDatasetObsoleteDto extends ReplaceV3 {
  @IsString() investigator: string;
  @IsArray() @IsString({ each: true }) inputDatasets: string[];
  @IsArray() @IsString({ each: true }) usedSoftware: string[];
}

export class CreateDerivedDatasetObsoleteDto extends UpdateDerivedDatasetObsoleteDto {
  @IsOptional() @IsString() @MaxLength(1000) pid?: string;
  @IsOptional() @IsString() version?: string;
  @IsIn(['derived']) type: 'derived';
}

/** v3: any part of a dataset. */
class PartialUpdateV3 extends DatasetFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsString() owner?: string;
  @IsOptional() @IsEmailList() contactEmail?: string;
  @IsOptional() @IsString() @IsNotEmpty() sourceFolder?: string;
  @IsOptional() @IsDateString() creationTime?: string;
  @IsOptional() @IsString() datasetName?: string;
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) inputDatasets?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) usedSoftware?: string[];
}

export class PartialUpdateRawDatasetObsoleteDto extends PartialUpdateV3 {
  @IsOptional() @IsDateString() startTime?: string;
  @IsOptional() @IsDateString() endTime?: string;
  @IsOptional() @IsString() dataFormat?: string;
  @IsOptional() @IsString() creationLocation?: string;
  @IsOptional() @IsString() sampleId?: string;
  @IsOptional() @IsString() instrumentId?: string;
  @IsOptional() @IsString() principalInvestigator?: string;
  @IsOptional() @IsString() investigator?: string;
}

export class PartialUpdateDerivedDatasetObsoleteDto extends PartialUpdateV3 {
  @IsOptional() @IsString() investigator?: string;
}

export class PartialUpdateDatasetLifecycleDto {
  @IsOptional() @IsBoolean() archivable?: boolean;
  @IsOptional() @IsBoolean() retrievable?: boolean;
  @IsOptional() @IsBoolean() publishable?: boolean;
  @IsOptional() @IsBoolean() isOnCentralDisk?: boolean;
  @IsOptional() @IsBoolean() retrieveIntegrityCheck?: boolean;
  @IsOptional() @IsString() archiveStatusMessage?: string;
  @IsOptional() @IsString() retrieveStatusMessage?: string;
  @IsOptional() archiveReturnMessage?: unknown;
  @IsOptional() retrieveReturnMessage?: unknown;
  @IsOptional() @IsDateString() dateOfDiskPurging?: string;
  @IsOptional() @IsDateString() archiveRetentionTime?: string;
  @IsOptional() @IsDateString() dateOfPublishing?: string;
  @IsOptional() @IsDateString() publishedOn?: string;
  @IsOptional() exportedTo?: unknown;
  @IsOptional() storageLocation?: unknown;
}
