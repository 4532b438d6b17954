/** The module boundaries of docs/decisions/0001: one rule per sentence. */
const lib = (name) => `^libs/${name}/`;
const only = (name, what, owner) => ({
  name,
  severity: 'error',
  from: { pathNot: owner },
  to: { path: what },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'app-never-imports-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'lib-never-imports-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|tools|test)/' },
    },
    {
      name: 'app-never-imports-tools',
      severity: 'error',
      from: { path: '^apps/', pathNot: 'spec[.]tsx?$' },
      to: { path: '^(tools|test)/' },
    },
    {
      name: 'kernel-is-a-leaf',
      severity: 'error',
      from: { path: lib('kernel') },
      to: { path: '^libs/', pathNot: lib('kernel') },
    },
    {
      name: 'contracts-is-a-leaf',
      severity: 'error',
      from: { path: lib('contracts'), pathNot: 'spec[.]ts$' },
      to: { path: '^libs/', pathNot: lib('contracts') },
    },
    {
      name: 'scicat-database-is-a-leaf',
      severity: 'error',
      from: { path: lib('scicat-database'), pathNot: 'spec[.]ts$' },
      to: { path: '^libs/', pathNot: lib('scicat-database') },
    },
    {
      name: 'messaging-knows-kernel-contracts-observability',
      severity: 'error',
      from: { path: lib('messaging') },
      to: { path: '^libs/', pathNot: '^libs/(messaging|kernel|contracts|observability)/' },
    },
    {
      name: 'persistence-knows-kernel-observability',
      severity: 'error',
      from: { path: lib('persistence') },
      to: { path: '^libs/', pathNot: '^libs/(persistence|kernel|observability)/' },
    },
    {
      name: 'storage-libs-know-kernel-observability',
      severity: 'error',
      from: { path: '^libs/(storage|long-term-storage|datablock)/' },
      to: { path: '^libs/', pathNot: '^libs/(storage|long-term-storage|datablock|kernel|observability)/' },
    },
    {
      name: 'leased-work-knows-kernel-observability',
      severity: 'error',
      from: { path: lib('leased-work') },
      to: { path: '^libs/', pathNot: '^libs/(leased-work|kernel|observability)/' },
    },
    {
      name: 'scicat-words-know-contracts-lists',
      severity: 'error',
      from: { path: lib('scicat-words') },
      to: { path: '^libs/', pathNot: '^libs/(scicat-words|claim-check|contracts|datablock|kernel)/' },
    },
    {
      name: 'ingestor-uploads-know-no-app-and-no-messages',
      severity: 'error',
      from: { path: lib('ingestor-uploads') },
      to: {
        path: '^libs/',
        pathNot:
          '^libs/(ingestor-uploads|kernel|leased-work|observability|operations|persistence|service-host|storage)/',
      },
    },
    {
      name: 'claim-check-knows-contracts-storage',
      severity: 'error',
      from: { path: lib('claim-check') },
      to: { path: '^libs/', pathNot: '^libs/(claim-check|storage|contracts|kernel)/' },
    },
    {
      name: 'command-line-knows-kernel',
      severity: 'error',
      from: { path: lib('command-line') },
      to: {
        path: ['^libs/', 'node_modules/(@nestjs|mongoose|fastify)'],
        pathNot: '^libs/(command-line|kernel)/',
      },
    },
    {
      name: 'users-command-line-knows-no-database',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: 'spec[.]ts$' },
      to: {
        path: '^libs/',
        pathNot: '^libs/(certificates|command-line|console-api|datablock|kernel|operations-client)/',
      },
    },
    {
      name: 'console-web-knows-console-api',
      severity: 'error',
      from: { path: '^apps/console-web/', pathNot: 'spec[.]tsx?$' },
      to: { path: '^libs/', pathNot: lib('console-api') },
    },
    {
      name: 'console-web-runs-in-a-browser',
      severity: 'error',
      from: {
        path: ['^apps/console-web/src/', lib('console-api')],
        pathNot: ['spec[.]tsx?$', '^apps/console-web/src/testing/'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'browser-packages-only-in-console-web',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^apps/console-web/' },
      to: { path: 'node_modules/(react|react-dom|@tanstack|@base-ui)/' },
    },
    {
      name: 'console-api-is-a-leaf',
      severity: 'error',
      from: { path: lib('console-api'), pathNot: 'spec[.]ts$' },
      to: { path: ['^libs/', 'node_modules/'], pathNot: lib('console-api') },
    },
    {
      name: 'operations-knows-no-framework',
      severity: 'error',
      from: { path: lib('operations') },
      to: { path: ['^libs/(service-host|outbox|storage|contracts)/', 'node_modules/(@nestjs|fastify)'] },
    },
    {
      name: 'certificates-knows-kernel',
      severity: 'error',
      from: { path: lib('certificates'), pathNot: 'spec[.]ts$' },
      to: { path: ['^libs/', 'node_modules/'], pathNot: '^libs/(certificates|kernel)/' },
    },
    {
      name: 'outbox-knows-no-storage',
      severity: 'error',
      from: { path: lib('outbox') },
      to: { path: '^libs/(storage|long-term-storage|datablock)/' },
    },
    {
      name: 'outbox-knows-no-framework',
      severity: 'error',
      from: { path: lib('outbox') },
      to: { path: ['^libs/service-host/', 'node_modules/(@nestjs|fastify)'] },
    },
    {
      name: 'only-apps-are-hosted',
      severity: 'error',
      // Endpoints that several apps serve say who may call them.
      from: { path: '^libs/', pathNot: '^libs/(service-host|ingestor-uploads)/' },
      to: { path: lib('service-host') },
    },
    {
      name: 'libs-through-the-front-door',
      severity: 'error',
      from: { path: '^(apps|tools|test|bench)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/(testing/)?index[.]ts$' },
    },
    {
      name: 'libs-through-the-front-door-of-libs',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/(testing/)?index[.]ts$'] },
    },
    {
      name: 'testing-doors-only-for-tests',
      severity: 'error',
      from: {
        pathNot: ['spec[.]tsx?$', 'conformance[.]ts$', '^(test|bench)/', '^(apps|libs)/[^/]+/src/testing/'],
      },
      to: { path: '^(apps|libs)/[^/]+/src/testing/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/domain/', pathNot: 'spec[.]ts$' },
      to: {
        path: [
          '^libs/(messaging|persistence|outbox|storage|long-term-storage|observability)/',
          'node_modules/(@nestjs|mongoose|amqplib|minio|fastify)',
        ],
      },
    },
    only('broker-client-only-in-messaging', 'node_modules/amqplib', [
      '^libs/messaging/',
      '^test/',
      '^tools/',
      '^bench/',
    ]),
    only('store-client-only-in-storage', 'node_modules/minio', ['^libs/storage/', '^test/', '^tools/']),
    only('mongoose-only-in-persistence', 'node_modules/(mongoose|mongodb)/', [
      '^libs/(operations|persistence|outbox)/',
      '/persistence/',
      '^test/',
      '^tools/',
      '^bench/',
    ]),
    {
      name: 'product-never-imports-specs',
      severity: 'error',
      from: { pathNot: ['spec[.]tsx?$', '^test/', '^bench/'] },
      to: { path: ['spec[.]tsx?$', '^test/'] },
    },
    {
      name: 'gateway-stands-alone',
      severity: 'error',
      from: { path: '^tools/mongo-gateway/', pathNot: 'spec[.]ts$' },
      to: { path: '^(apps|libs|tools/(?!mongo-gateway/))' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      mainFields: ['module', 'main'],
    },
  },
};
