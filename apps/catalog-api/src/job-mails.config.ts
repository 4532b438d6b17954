import { duration, listFrom, looksLikeMailAddress, present, refuse, type Environment } from '#kernel';

/** Mails to people about their jobs. */
export interface JobMailConfig {
  /** Addresses that get a copy of each failure. */
  readonly archiveManagers: readonly string[];
  /** Folder of texts of the facility's own. */
  readonly templates: string | undefined;
  /** Of the console, whose page of the job each mail names; undefined: there is none. */
  readonly consoleUrl: string | undefined;
  /** Milliseconds after which a mail that no server has taken is given up. */
  readonly lifetime: number;
}

/** Undefined when jobs send no mails of their own. */
export function jobMailConfigFrom(environment: Environment): JobMailConfig | undefined {
  const mode = present(environment['JOB_MAILS']) ?? 'off';
  if (mode !== 'off' && mode !== 'policy')
    refuse(environment, `Expected JOB_MAILS to be policy or off, found ${JSON.stringify(mode)}.`);
  const archiveManagers = listFrom(environment['JOB_MAIL_ARCHIVE_MANAGERS']);
  for (const address of archiveManagers)
    if (!looksLikeMailAddress(address))
      refuse(
        environment,
        `Expected JOB_MAIL_ARCHIVE_MANAGERS to be mail addresses with commas between them, found ${JSON.stringify(address)}.`,
      );
  const lifetime = duration(environment, 'JOB_MAIL_LIFETIME', '3d');
  if (mode !== 'policy') return undefined;
  if (present(environment['SMTP_HOST']) === undefined)
    refuse(environment, 'Expected SMTP_HOST with JOB_MAILS=policy: nobody would take the mails.');
  const consoleUrl = present(environment['CONSOLE_URL'])?.replace(/\/+$/, '');
  if (consoleUrl !== undefined && !/^https?:\/\/[^\s/?#@]+\/console$/.test(consoleUrl))
    refuse(
      environment,
      `Expected CONSOLE_URL to be the console as browsers see it, such as https://data.example.org/console, found ${JSON.stringify(consoleUrl)}.`,
    );
  return { archiveManagers, consoleUrl, templates: present(environment['JOB_MAIL_TEMPLATES']), lifetime };
}
