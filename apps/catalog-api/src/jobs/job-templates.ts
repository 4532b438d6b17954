import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { ActionContext } from './job-actions.js';
import { jobV3View } from './job-answers.js';

/**
 * SciCat's Handlebars templates with its helpers. `env` holds only the variables named in `JOB_TEMPLATE_VARIABLES`:
 * the whole environment would put every secret within reach of every author of a template.
 */
@Injectable()
export class JobTemplates {
  private readonly engine = Handlebars.create();
  private readonly compiled = new Map<string, Handlebars.TemplateDelegate>();

  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {
    this.registerHelpers();
  }

  render(template: string, context: ActionContext): string {
    let compiled = this.compiled.get(template);
    if (compiled === undefined) {
      compiled = this.engine.compile(template, { noEscape: true });
      this.compiled.set(template, compiled);
    }
    return compiled({ ...context, env: this.config.templateEnvironment });
  }

  async renderFile(file: string, context: ActionContext): Promise<string> {
    return this.engine.compile(await this.read(file))({
      ...context,
      env: this.config.templateEnvironment,
    });
  }

  /** Below the working folder, as SciCat reads it, or beside the job configuration. */
  private async read(file: string): Promise<string> {
    const { jobConfigurationFile = '' } = this.config;
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return readFile(resolve(dirname(jobConfigurationFile), file), 'utf8');
    }
  }

  private registerHelpers(): void {
    const engine = this.engine;
    engine.registerHelper(
      'unwrapJSON',
      (value: unknown) =>
        new Handlebars.SafeString(
          `<pre>${Handlebars.escapeExpression(JSON.stringify(value, null, 2))}</pre>`,
        ),
    );
    engine.registerHelper('keyToWord', (value: unknown) =>
      String(value)
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .replace(/^./, (first) => first.toUpperCase()),
    );
    engine.registerHelper('eq', (a: unknown, b: unknown) => a === b);
    engine.registerHelper('or', (...values: unknown[]) => values.slice(0, -1).some(Boolean));
    engine.registerHelper('and', (...values: unknown[]) => values.slice(0, -1).every(Boolean));
    engine.registerHelper('not', (value: unknown) => !value);
    engine.registerHelper('concat', (...values: unknown[]) => values.slice(0, -1).map(String).join(''));
    engine.registerHelper('matches', (value: unknown, pattern: unknown) =>
      new RegExp(String(pattern)).test(String(value)),
    );
    engine.registerHelper('default', (value: unknown, fallback: unknown) => value ?? fallback);
    engine.registerHelper('jsonify', (value: unknown) => JSON.stringify(value));
    engine.registerHelper('job_v3', (job: Parameters<typeof jobV3View>[0]) => jobV3View(job));
    engine.registerHelper('urlencode', (value: unknown) =>
      encodeURIComponent(String(value).replace(/\p{Surrogate}/gu, '\ufffd')),
    );
    engine.registerHelper('base64enc', (value: unknown) => Buffer.from(String(value)).toString('base64'));
    engine.registerHelper('base64dec', (value: unknown) =>
      Buffer.from(String(value), 'base64').toString('utf8'),
    );
    engine.registerHelper('formatUnit', (value: unknown) => String(value));
  }
}
