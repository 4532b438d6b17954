import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** One or more addresses, separated by `;`. */
const addresses = /^[^@;\s]+@[^@;\s]+(\s*;\s*[^@;\s]+@[^@;\s]+)*\s*;?\s*$/;

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
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => TechniqueClass)
  techniques?: TechniqueClass[];
  @IsOptional() @IsArray() @IsEmail({}, { each: true }) sharedWith?: string[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => CreateRelationshipDto)
  relationships?: CreateRelationshipDto[];
  @IsOptional() @IsObject() datasetlifecycle?: Record<string, unknown>;
  @IsOptional() @IsObject() scientificMetadata?: Record<string, unknown>;
  @IsOptional() @IsString() scientificMetadataSchema?: string;
  @IsOptional() @IsBoolean() scientificMetadataValid?: boolean;
  @IsOptional() @IsNumber() dataQualityMetrics?: number;
  @IsOptional() @IsISO8601() startTime?: string;
  @IsOptional() @IsISO8601() endTime?: string;
  @IsOptional() @IsObject() jobParameters?: Record<string, unknown>;
  @IsOptional() @IsString() jobLogData?: string;
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
}

/** v4: relations as lists. */
class DatasetFieldsV4 extends DatasetFields {
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
  @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsISO8601() creationTime: string;
  @IsString() datasetName: string;
}

export class CreateDatasetDto extends UpdateDatasetDto {
  @IsOptional() @IsString() @MaxLength(1000) pid?: string;
  @IsString() type: string;
}

export class PartialUpdateDatasetDto extends DatasetFieldsV4 {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsString() owner?: string;
  @IsOptional() @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail?: string;
  @IsOptional() @IsString() @IsNotEmpty() sourceFolder?: string;
  @IsOptional() @IsISO8601() creationTime?: string;
  @IsOptional() @IsString() datasetName?: string;
}

/** v3: relations in the singular. */
class ReplaceV3 extends DatasetFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsString() owner: string;
  @Matches(addresses, { message: 'contactEmail must be an email' }) contactEmail: string;
  @IsString() @IsNotEmpty() sourceFolder: string;
  @IsISO8601() creationTime: string;
  @IsOptional() @IsString() datasetName?: string;
  @IsOptional() @IsString() proposalId?: string;
}

export class UpdateRawDatasetObsoleteDto extends ReplaceV3 {
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

/** v4's partial update plus v3's singular names. */
export class PartialUpdateRawDatasetObsoleteDto extends PartialUpdateDatasetDto {
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsString() sampleId?: string;
  @IsOptional() @IsString() instrumentId?: string;
  @IsOptional() @IsString() principalInvestigator?: string;
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
  @IsOptional() @IsObject() archiveReturnMessage?: Record<string, unknown>;
  @IsOptional() @IsObject() retrieveReturnMessage?: Record<string, unknown>;
  @IsOptional() @IsISO8601() dateOfDiskPurging?: string;
  @IsOptional() @IsISO8601() archiveRetentionTime?: string;
  @IsOptional() @IsISO8601() dateOfPublishing?: string;
  @IsOptional() @IsISO8601() publishedOn?: string;
  @IsOptional() @IsString() exportedTo?: string;
  @IsOptional() @IsString() storageLocation?: string;
}
