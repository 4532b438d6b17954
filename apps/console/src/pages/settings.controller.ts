import { Controller, Get, Inject } from '@nestjs/common';
import type { ConsoleSettings } from '#console-api';
import { Open, version } from '#service-host';
import { OperatedApps } from '../calls/operated-apps.js';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import errorCodes from './error-codes.json' with { type: 'json' };

interface Explained {
  readonly meaning: string;
  readonly remedy: string;
}

/** What the browser part needs to begin: how one signs in, what it is called, what the codes of errors mean. */
@Open('it is what a page shows before anybody is signed in')
@Controller('console/api')
export class SettingsController {
  constructor(
    private readonly apps: OperatedApps,
    @Inject(ConfigToken) private readonly config: ConsoleConfig,
  ) {}

  @Get('settings')
  settings(): ConsoleSettings {
    const { signIn, emergencyToken, languages, theme, links } = this.config;
    return {
      strategies: signIn,
      emergency: emergencyToken !== undefined,
      languages,
      brand: { name: theme.name, colour: theme.colour },
      links,
      version: version(),
      apps: this.apps.names,
      told: this.config.rabbitmqUrl !== undefined,
    };
  }

  @Get('codes')
  codes(): Readonly<Record<string, Explained>> {
    return errorCodes;
  }
}
