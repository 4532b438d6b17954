import { Inject, Injectable } from '@nestjs/common';
import { Ajv } from 'ajv';
import { JSONPath } from 'jsonpath-plus';
import { messageOf } from '#kernel';
import { sendMail } from '#mail';
import { type Logger, LOGGER } from '#observability';
import { type LegacyMessage } from '#outbox';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { JobRefusal } from '../domain/errors.js';
import type { ActionConfiguration } from '../domain/job-configuration.js';
import type { JobRecord } from '../persistence/records.js';
import { JobTemplates } from './job-templates.js';
import {
  readOptions,
  type EmailOptions,
  type ErrorOptions,
  type LogOptions,
  type RabbitOptions,
  type SwitchOptions,
  type UrlOptions,
  type ValidateOptions,
} from './job-action-options.js';

/** What actions see: SciCat's template context. */
export interface ActionContext {
  readonly request: unknown;
  readonly job?: JobRecord;
  readonly datasets?: readonly object[];
}

type Phase = 'validate' | 'perform';

/** Milliseconds: the request that made the job waits. */
const mailPatience = { connect: 5000, answer: 20_000, whole: 60_000 };

/**
 * SciCat's job actions. `validate` runs before the job is stored and may refuse it; `rabbitmq` becomes a row of the
 * job's outbox in the same write; `url` and `email` run after that write, because their other side cannot be undone.
 */
@Injectable()
export class JobActions {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });

  constructor(
    private readonly templates: JobTemplates,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws JobRefusal when an action refuses the job */
  validate(actions: readonly ActionConfiguration[], context: ActionContext): void {
    for (const action of this.resolved(actions, context, 'validate')) {
      if (action.actionType === 'validate') this.checkAgainst(readOptions<ValidateOptions>(action), context);
      if (action.actionType === 'error') this.fail(readOptions<ErrorOptions>(action), context);
      const { validate } = readOptions<LogOptions>(action);
      if (action.actionType === 'log' && validate !== undefined)
        this.logger.info({ action: 'log' }, this.templates.render(validate, context));
    }
  }

  /** Messages of today's format for external archive systems: one for each configured `rabbitmq` action. */
  legacyMessages(
    actions: readonly ActionConfiguration[],
    context: ActionContext,
    body: string,
  ): LegacyMessage[] {
    return this.resolved(actions, context, 'perform')
      .filter(({ actionType }) => actionType === 'rabbitmq')
      .map((action) => {
        const { exchange, key } = readOptions<RabbitOptions>(action);
        return { exchange, key, body };
      });
  }

  /** Side effects after the job is stored, one after the other. */
  async perform(actions: readonly ActionConfiguration[], context: ActionContext): Promise<void> {
    for (const action of this.resolved(actions, context, 'perform')) {
      if (action.actionType === 'log') this.log(readOptions<LogOptions>(action), context);
      if (action.actionType === 'url') await this.call(readOptions<UrlOptions>(action), context);
      if (action.actionType === 'email') await this.mail(readOptions<EmailOptions>(action), context);
    }
  }

  /** Replaces `switch` by the actions of its first matching case. */
  private resolved(
    actions: readonly ActionConfiguration[],
    context: ActionContext,
    phase: Phase,
  ): ActionConfiguration[] {
    return actions.flatMap((action) => {
      if (action.actionType !== 'switch') return [action];
      const options = readOptions<SwitchOptions>(action);
      if (options.phase !== 'all' && options.phase !== phase) return [];
      const value = queryFirst(context, options.property);
      const chosen = options.cases.find((candidate) => this.matches(candidate, value));
      return this.resolved(chosen?.actions ?? [], context, phase);
    });
  }

  private matches({ match, regex, schema }: SwitchOptions['cases'][number], value: unknown): boolean {
    if (match !== undefined) return value === match || String(value) === String(match);
    if (regex !== undefined) {
      const [, source = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(regex) ?? [];
      return new RegExp(source, flags).test(String(value));
    }
    return schema === undefined || this.ajv.validate(schema, value);
  }

  private checkAgainst({ request, datasets }: ValidateOptions, context: ActionContext): void {
    for (const [path, schema] of Object.entries(request ?? {})) this.checkPath(path, schema, context.request);
    if (datasets === undefined) return;
    if (context.datasets === undefined) throw new JobRefusal(400, "'jobParams.datasetList' is required.");
    for (const dataset of context.datasets)
      for (const [path, schema] of Object.entries(datasets)) this.checkPath(path, schema, dataset);
  }

  private checkPath(path: string, schema: object, value: unknown): void {
    const found = query(value, path);
    if (found.length === 0) throw new JobRefusal(400, `Invalid request. Requires '${path}'`);
    if (!found.every((item) => this.ajv.validate(schema, item)))
      throw new JobRefusal(400, `Invalid request. Invalid value for '${path}'`);
  }

  private fail({ message, status }: ErrorOptions, context: ActionContext): never {
    throw new JobRefusal(status ?? 400, this.templates.render(message, context));
  }

  private log({ perform }: LogOptions, context: ActionContext): void {
    this.logger.info(
      { action: 'log', jobId: context.job?.id },
      perform === undefined
        ? `Performing job for ${context.job?.type ?? ''}`
        : this.templates.render(perform, context),
    );
  }

  private async call(
    { url, method, headers, body, ignoreErrors }: UrlOptions,
    context: ActionContext,
  ): Promise<void> {
    try {
      const response = await fetch(this.templates.render(url, context), {
        method: method ?? 'GET',
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, value]) => [name, this.templates.render(value, context)]),
        ),
        ...(body === undefined
          ? {}
          : { body: this.templates.render(typeof body === 'string' ? body : JSON.stringify(body), context) }),
        signal: AbortSignal.timeout(5000),
        redirect: 'error',
      });
      if (!response.ok)
        throw new JobRefusal(response.status, `Got response: ${(await response.text()).slice(0, 500)}`);
    } catch (error) {
      if (ignoreErrors === true) return;
      if (error instanceof JobRefusal) throw error;
      throw new JobRefusal(
        400,
        `Invalid job input. Job '${context.job?.type ?? ''}' unable to perform action 'url' due to ${messageOf(error)}`,
      );
    }
  }

  /** The job's state never depends on the mail: failures are logged. */
  private async mail(
    { to, subject, bodyTemplateFile, from }: EmailOptions,
    context: ActionContext,
  ): Promise<void> {
    const { mail } = this.config;
    if (mail === undefined)
      return this.logger.warn(
        { jobId: context.job?.id },
        'an email action is configured but SMTP_HOST is not set: no mail was sent',
      );
    try {
      const message = {
        from,
        to: this.templates.render(to, context),
        subject: this.templates.render(subject, context),
        html: await this.templates.renderFile(bodyTemplateFile, context),
      };
      await sendMail(mail, message, mailPatience);
    } catch (error) {
      this.logger.error(
        { jobId: context.job?.id, error: messageOf(error) },
        'could not send the mail of a job',
      );
    }
  }
}

function query(value: unknown, path: string): unknown[] {
  return JSONPath<unknown[]>({ path, json: value as object, eval: 'safe', wrap: true });
}

function queryFirst(value: unknown, path: string): unknown {
  return query(value, path)[0];
}
