import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';

class PolicyFields {
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
  /** E-mail addresses of those who may change it together with others (`updateWhere`). */
  @IsOptional() @IsArray() @IsString({ each: true }) manager?: string[];
  @IsOptional() @IsString() tapeRedundancy?: string;
  @IsOptional() @IsBoolean() autoArchive?: boolean;
  /** Days. */
  @IsOptional() @IsInt() @Min(0) autoArchiveDelay?: number;
  @IsOptional() @IsBoolean() archiveEmailNotification?: boolean;
  @IsOptional() @IsArray() @IsString({ each: true }) archiveEmailsToBeNotified?: string[];
  @IsOptional() @IsBoolean() retrieveEmailNotification?: boolean;
  @IsOptional() @IsArray() @IsString({ each: true }) retrieveEmailsToBeNotified?: string[];
  /** Years. */
  @IsOptional() @IsInt() @Min(0) embargoPeriod?: number;
}

export class PartialUpdatePolicyDto extends PolicyFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
}

export class CreatePolicyDto extends PolicyFields {
  @IsString() @IsNotEmpty() ownerGroup: string;
}

export class UpdateWherePolicyDto {
  /** Owner groups, separated by commas. */
  @IsString() @IsNotEmpty() ownerGroupList: string;

  @IsObject()
  @IsObject()
  @ValidateNested()
  @Type(() => PartialUpdatePolicyDto)
  data: PartialUpdatePolicyDto;
}
