import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';

const targetTypes = ['dataset', 'proposal', 'sample', 'published_data'] as const;
/** Characters. */
const longestId = 500;
/** Records that one attachment hangs on. */
const maxRelationships = 1000;

export class AttachmentRelationshipsV4Dto {
  @IsString() @IsNotEmpty() targetId: string;
  @IsIn(targetTypes) targetType: (typeof targetTypes)[number];
  @IsOptional() @IsString() relationType?: string;
}

/** Fields every form has. */
class AttachmentFields {
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
  /** A data URI. */
  @IsOptional() @IsString() thumbnail?: string;
}

export class UpdateAttachmentV3Dto extends AttachmentFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsString() caption: string;
}

export class PartialUpdateAttachmentV3Dto extends AttachmentFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsString() caption?: string;
}

/** The ids of records are taken from the path; clients send them all the same. */
export class CreateAttachmentV3Dto extends UpdateAttachmentV3Dto {
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(longestId) id?: string;
  @IsOptional() @IsString() datasetId?: string;
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsString() sampleId?: string;
}

/** Of samples: the newer form has caption and thumbnail only, older clients send the fields of `CreateAttachmentV3Dto`. */
export class CreateSubAttachmentV3Dto extends AttachmentFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsString() caption: string;
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(longestId) id?: string;
  @IsOptional() @IsString() datasetId?: string;
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsString() sampleId?: string;
}

export class UpdateAttachmentV4Dto extends UpdateAttachmentV3Dto {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(maxRelationships)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AttachmentRelationshipsV4Dto)
  relationships?: AttachmentRelationshipsV4Dto[];

  @IsBoolean() isPublished: boolean;
}

export class CreateAttachmentV4Dto extends UpdateAttachmentV4Dto {
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(longestId) aid?: string;
}

export class PartialUpdateAttachmentV4Dto extends PartialUpdateAttachmentV3Dto {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(maxRelationships)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AttachmentRelationshipsV4Dto)
  relationships?: AttachmentRelationshipsV4Dto[];

  @IsOptional() @IsBoolean() isPublished?: boolean;
}
