import { connect } from 'amqplib';
import { inside, sandboxedProcess, serviceFile, serviceFolder } from './home.js';
import type { ServiceDefinition, ServiceHome } from './service.js';

const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/**
 * A private RabbitMQ node. It uses no epmd (Erlang's name server): a shared one would outlive the node and be seen
 * by other stacks, so the node finds itself under a fixed port instead.
 */
export function rabbitmqService(home: ServiceHome): ServiceDefinition {
  const { ports, rabbitmq } = home.settings;
  const url = `amqp://${rabbitmq.user}:${rabbitmq.password}@127.0.0.1:${ports.amqp}`;
  // By way of it an installation gets its accounts.
  const management = `http://${rabbitmq.user}:${rabbitmq.password}@127.0.0.1:${ports.amqpManagement}`;
  return {
    name: 'rabbitmq',
    port: ports.amqp,
    environment: { RABBITMQ_URL: url, RABBITMQ_MANAGEMENT_URL: management },
    processes: [sandboxedProcess(home, 'rabbitmq', 'SIGTERM', [PROGRAM], environmentOf(home))],
    prepare: async () => writeConfiguration(home),
    probe: async () => {
      const connection = await connect(url, { timeout: 5_000 });
      await connection.close();
      const { ok } = await fetch(`http://127.0.0.1:${ports.amqpManagement}/`);
      if (!ok) throw new Error('the management plugin does not answer yet');
    },
  };
}

function environmentOf({ settings }: ServiceHome): Record<string, string> {
  const { amqp, amqpDistribution, amqpNameServer } = settings.ports;
  const node = `catena-${settings.id}@localhost`;
  const at = (path: string): string => inside('rabbitmq', path);
  return {
    HOME: at('home'),
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqp),
    RABBITMQ_DIST_PORT: String(amqpDistribution),
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_GENERATED_CONFIG_DIR: at('etc/generated'),
    RABBITMQ_SCHEMA_DIR: at('etc/schema'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('etc/enabled_plugins'),
    RABBITMQ_CONFIG_FILE: at('etc/rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('etc/advanced.config'),
    RABBITMQ_CONF_ENV_FILE: at('etc/none'),
    RABBITMQ_PID_FILE: at('pid'),
    ERL_CRASH_DUMP_SECONDS: '0',
    ERL_ZFLAGS: '-start_epmd false',
    // Nobody listens there: where an epmd is looked for all the same, the answer is a quick no.
    ERL_EPMD_PORT: String(amqpNameServer),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-sname ${node} -erl_epmd_port ${amqpDistribution} -kernel inet_dist_use_interface {127,0,0,1}`,
    // Any value: the start script then becomes the node instead of waiting for it.
    NOTIFY_SOCKET: at('no-socket'),
  };
}

function writeConfiguration(home: ServiceHome): void {
  const { ports, rabbitmq } = home.settings;
  for (const folder of ['', 'home', 'etc', 'etc/generated', 'etc/schema', 'data', 'log']) {
    serviceFolder(home, 'rabbitmq', folder);
  }
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    `default_user = ${rabbitmq.user}`,
    `default_pass = ${rabbitmq.password}`,
    'default_user_tags.administrator = true',
    // Tests deliver messages of others again.
    'default_user_tags.impersonator = true',
    'log.file.level = warning',
    'disk_free_limit.absolute = 100MB',
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.amqpManagement}`,
    'management_agent.disable_metrics_collector = true',
  ];
  serviceFile(home, 'rabbitmq/etc/rabbitmq.conf', `${lines.join('\n')}\n`);
  serviceFile(home, 'rabbitmq/etc/enabled_plugins', '[rabbitmq_management].\n');
  serviceFile(home, 'rabbitmq/home/.erlang.cookie', rabbitmq.cookie, 0o400);
}
