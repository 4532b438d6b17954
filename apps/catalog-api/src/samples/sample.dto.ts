import { IsArray, IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';

class SampleFields {
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsString() owner?: string;
  @IsOptional() @IsString() sampleName?: string;
  @IsOptional() @IsString() description?: string;
  @IsOptional() @IsString() type?: string;
  @IsOptional() @IsString() proposalId?: string;
  @IsOptional() @IsString() parentSampleId?: string;
  @IsOptional() @IsObject() sampleCharacteristics?: Record<string, unknown>;
  @IsOptional() @IsBoolean() isPublished?: boolean;
}

export class PartialUpdateSampleDto extends SampleFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
}

export class CreateSampleDto extends SampleFields {
  /** Made by the server when absent. */
  @IsOptional() @IsString() @IsNotEmpty() sampleId?: string;
  @IsString() @IsNotEmpty() ownerGroup: string;
}
