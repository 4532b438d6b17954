import { readFile } from 'node:fs/promises';
import { messageOf, PermanentError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { BadRequest } from '../domain/errors.js';

export const defaultProposalType = 'Default Proposal';

/** The values that a proposal's `type` may have. */
export class ProposalTypes {
  constructor(private readonly names: ReadonlySet<string>) {}

  /** @throws BadRequest */
  check(type: string | null | undefined): void {
    if (type == null || this.names.has(type)) return;
    const message = [`type must be one of the following values: ${[...this.names].join(', ')}`];
    throw new BadRequest(message.join('; '), { message, error: 'Bad Request', statusCode: 400 });
  }
}

export const proposalTypesProvider = {
  provide: ProposalTypes,
  inject: [ConfigToken],
  useFactory: async ({ proposalTypesFile }: CatalogApiConfig): Promise<ProposalTypes> =>
    new ProposalTypes(new Set([defaultProposalType, ...(await namesIn(proposalTypesFile))])),
};

/** An object of names, or a list of them; a file that is missing or broken stops the start. */
async function namesIn(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  try {
    const content = JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (typeof content === 'object' && content !== null) return Object.values(content).map(String);
    throw new SyntaxError(`found ${typeof content}`);
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${file} (PROPOSAL_TYPES_FILE) to be a JSON object whose values are names of types: ${messageOf(error)}. Correct it or unset the variable.`,
    );
  }
}
