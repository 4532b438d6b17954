import { Type } from 'class-transformer';
import { IsArray, IsNotEmpty, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { IsMailAddress } from '../http/mail-address.decorator.js';
import { IsISO8601 } from '../http/iso-date.decorator.js';

class CreateMeasurementPeriodDto {
  @IsOptional() @IsString() _id?: string;
  @IsString() @IsNotEmpty() instrument: string;
  @IsISO8601() start: string;
  @IsISO8601() end: string;
  @IsOptional() @IsString() comment?: string;
}

/** Fields that no form requires. A required form cannot inherit from an optional one: `IsOptional` would stay. */
class ProposalFields {
  @IsOptional() @IsArray() @IsString({ each: true }) accessGroups?: string[];
  @IsOptional() @IsString() instrumentGroup?: string;
  @IsOptional() @IsMailAddress() pi_email?: string;
  @IsOptional() @IsString() pi_firstname?: string;
  @IsOptional() @IsString() pi_lastname?: string;
  @IsOptional() @IsString() firstname?: string;
  @IsOptional() @IsString() lastname?: string;
  @IsOptional() @IsString() abstract?: string;
  @IsOptional() @IsISO8601() startTime?: string;
  @IsOptional() @IsISO8601() endTime?: string;

  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CreateMeasurementPeriodDto)
  MeasurementPeriodList?: CreateMeasurementPeriodDto[];

  @IsOptional() @IsObject() metadata?: Record<string, unknown>;
  @IsOptional() @IsString() parentProposalId?: string | null;
  /** One of the configured types (`PROPOSAL_TYPES_FILE`). */
  @IsOptional() @IsString() type?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) instrumentIds?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) keywords?: string[];
}

export class PartialUpdateProposalDto extends ProposalFields {
  @IsOptional() @IsString() @IsNotEmpty() ownerGroup?: string;
  @IsOptional() @IsMailAddress() email?: string;
  @IsOptional() @IsString() @IsNotEmpty() title?: string;
}

export class CreateProposalDto extends ProposalFields {
  @IsString() @IsNotEmpty() proposalId: string;
  @IsString() @IsNotEmpty() ownerGroup: string;
  @IsMailAddress() email: string;
  @IsString() @IsNotEmpty() title: string;
}

/** As `isValid` looks at a proposal: what is missing is not wrong. */
export class ProposalToCheckDto extends PartialUpdateProposalDto {
  @IsOptional() @IsString() @IsNotEmpty() proposalId?: string;
}
