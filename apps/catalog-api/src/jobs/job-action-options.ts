import { type ActionConfiguration, complaint } from '../domain/job-configuration.js';

export interface LogOptions {
  readonly init?: string;
  readonly validate?: string;
  readonly perform?: string;
}

export interface ValidateOptions {
  readonly request?: Readonly<Record<string, object>>;
  readonly datasets?: Readonly<Record<string, object>>;
}

export interface RabbitOptions {
  readonly exchange: string;
  readonly queue: string;
  readonly key: string;
}

export interface UrlOptions {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ignoreErrors?: boolean;
}

export interface EmailOptions {
  readonly to: string;
  readonly subject: string;
  readonly bodyTemplateFile: string;
  readonly from?: string;
}

export interface SwitchOptions {
  readonly phase: 'validate' | 'perform' | 'all';
  readonly property: string;
  readonly cases: readonly {
    readonly match?: unknown;
    readonly regex?: string;
    readonly schema?: object;
    readonly actions: readonly ActionConfiguration[];
  }[];
}

export interface ErrorOptions {
  readonly message: string;
  readonly status?: number;
}

/** Options each action cannot do without, all texts but `cases`. */
const required: Readonly<Record<string, readonly string[]>> = {
  log: [],
  validate: [],
  catena: ['workflow'],
  rabbitmq: ['exchange', 'queue', 'key'],
  url: ['url'],
  email: ['to', 'subject', 'bodyTemplateFile'],
  switch: ['phase', 'property'],
  error: ['message'],
};

/** Checked once at the start: an action of a checked configuration has its options. */
export function readOptions<Options>(action: ActionConfiguration): Options {
  return action as unknown as Options;
}

/** @throws PermanentError for an unknown action or missing option, also inside `switch` */
export function checkActions(actions: readonly ActionConfiguration[], file: string, place: string): void {
  for (const [index, action] of actions.entries()) {
    const here = `${place}[${index}]`;
    const options = required[action.actionType];
    if (options === undefined)
      throw complaint(
        file,
        `${here}.actionType`,
        `one of ${Object.keys(required).join(', ')}, found ${action.actionType}`,
      );
    for (const option of options)
      if (typeof action[option] !== 'string') throw complaint(file, `${here}.${option}`, 'a text');
    if (action.actionType === 'switch') checkCases(action, file, here);
  }
}

function checkCases(action: ActionConfiguration, file: string, place: string): void {
  const { phase, cases } = action;
  if (phase !== 'validate' && phase !== 'perform' && phase !== 'all')
    throw complaint(file, `${place}.phase`, 'validate, perform or all');
  if (!Array.isArray(cases)) throw complaint(file, `${place}.cases`, 'a list');
  for (const [index, item] of (cases as { actions?: ActionConfiguration[] }[]).entries()) {
    if (!Array.isArray(item.actions)) throw complaint(file, `${place}.cases[${index}].actions`, 'a list');
    checkActions(item.actions, file, `${place}.cases[${index}].actions`);
  }
}

/** Every legacy exchange, queue and key of a list of actions, those inside `switch` included. */
export function rabbitOptionsIn(actions: readonly ActionConfiguration[]): RabbitOptions[] {
  return actions.flatMap((action) => {
    if (action.actionType === 'rabbitmq') return [readOptions<RabbitOptions>(action)];
    return action.actionType === 'switch'
      ? readOptions<SwitchOptions>(action).cases.flatMap((item) => rabbitOptionsIn(item.actions))
      : [];
  });
}
