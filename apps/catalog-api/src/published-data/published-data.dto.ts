import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
} from 'class-validator';
import { IsISO8601 } from '../http/iso-date.decorator.js';

const maxDatasets = 10_000;
const longestTitle = 10_000;
const longestText = 1_000_000;

export class CreatePublishedDataV4Dto {
  @IsString() @MaxLength(longestTitle) title: string;
  @IsString() @MaxLength(longestText) abstract: string;
  /** May be empty: a publication is often written before its datasets are known. */
  @IsArray() @ArrayMaxSize(maxDatasets) @IsString({ each: true }) datasetPids: string[];
  @IsOptional() @IsISO8601() registeredTime?: string;
  /** Only the state it has already: states change by publish, register and amend. */
  @IsOptional() @IsString() status?: string;
  @IsOptional() @IsObject() metadata?: Record<string, unknown>;
}

export class PartialUpdatePublishedDataV4Dto {
  @IsOptional() @IsString() @MaxLength(longestTitle) title?: string;
  @IsOptional() @IsString() @MaxLength(longestText) abstract?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(maxDatasets) @IsString({ each: true }) datasetPids?: string[];
  @IsOptional() @IsISO8601() registeredTime?: string;
  @IsOptional() @IsString() status?: string;
  @IsOptional() @IsObject() metadata?: Record<string, unknown>;
}

/** Fields of the flat v3 form that have no counterpart but a name in `metadata`. */
class FlatFields {
  @IsOptional() @IsString() doi?: string;
  @IsOptional() @IsString() affiliation?: string;
  @IsOptional() @IsString() url?: string;
  @IsOptional() @IsInt() @Min(0) numberOfFiles?: number;
  @IsOptional() @IsNumber() @Min(0) sizeOfArchive?: number;
  @IsOptional() @IsArray() @IsString({ each: true }) authors?: string[];
  @IsOptional() @IsISO8601() registeredTime?: string;
  @IsOptional() @IsString() status?: string;
  @IsOptional() @IsString() scicatUser?: string;
  @IsOptional() @IsString() thumbnail?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) relatedPublications?: string[];
  @IsOptional() @IsString() downloadLink?: string;
}

export class CreatePublishedDataDto extends FlatFields {
  @IsArray() @IsString({ each: true }) creator: string[];
  @IsString() publisher: string;
  @IsInt() publicationYear: number;
  @IsString() @MaxLength(longestTitle) title: string;
  @IsString() @MaxLength(longestText) abstract: string;
  @IsString() dataDescription: string;
  @IsString() resourceType: string;
  /** May be empty: a publication is often written before its datasets are known. */
  @IsArray() @ArrayMaxSize(maxDatasets) @IsString({ each: true }) pidArray: string[];
}

export class PartialUpdatePublishedDataDto extends FlatFields {
  @IsOptional() @IsArray() @IsString({ each: true }) creator?: string[];
  @IsOptional() @IsString() publisher?: string;
  @IsOptional() @IsInt() publicationYear?: number;
  @IsOptional() @IsString() @MaxLength(longestTitle) title?: string;
  @IsOptional() @IsString() @MaxLength(longestText) abstract?: string;
  @IsOptional() @IsString() dataDescription?: string;
  @IsOptional() @IsString() resourceType?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(maxDatasets) @IsString({ each: true }) pidArray?: string[];
}

/** What the edit page of older clients sends: whichever fields it shows. */
export class UpdatePublishedDataDto extends PartialUpdatePublishedDataDto {
  @IsOptional() @IsString() @MaxLength(longestTitle) declare title?: string;
}
