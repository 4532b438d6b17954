import tseslint from 'typescript-eslint';

const environmentReaders = [
  '**/*.config.ts',
  'apps/*/src/main.ts',
  'tools/**',
  'test/**',
  'bench/**',
  'apps/cli/**',
  'apps/admin-cli/**',
  'libs/command-line/src/run-command-line.ts',
  'libs/kernel/src/crash-point.ts',
  '**/*.int.spec.ts',
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.catena/**', '**/*.mjs'] },
  {
    files: ['**/*.{ts,tsx}'],
    basePath: new URL('..', import.meta.url).pathname,
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        project: './tsconfig.base.json',
        tsconfigRootDir: new URL('..', import.meta.url).pathname,
      },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['it', 'describe', 'test', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-as-const': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      'no-console': 'error',
      'no-lone-blocks': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'Name what a library exports: star exports hide what is public.',
        },
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Use a named export: a name found by search is worth more than a shorter import.',
        },
        { selector: 'TSEnumDeclaration', message: 'Use a string union with `as const` instead of an enum.' },
        {
          selector:
            "MemberExpression[object.object.name='process'][object.property.name='env'], MemberExpression[object.name='process'][property.name='env']",
          message: 'Only *.config.ts reads the environment; pass the value in.',
        },
        {
          selector:
            'CallExpression[callee.object.name=/^(it|describe|test)$/][callee.property.name=/^(skip|only|todo)$/]',
          message: 'No switched-off or narrowed tests.',
        },
      ],
    },
  },
  {
    files: ['apps/console-web/**/*.{ts,tsx}'],
    basePath: new URL('..', import.meta.url).pathname,
    languageOptions: {
      parserOptions: {
        project: './apps/console-web/tsconfig.json',
        tsconfigRootDir: new URL('..', import.meta.url).pathname,
      },
    },
    rules: {
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Texts are texts: render them.' },
        { property: 'outerHTML', message: 'Texts are texts: render them.' },
        { property: 'insertAdjacentHTML', message: 'Texts are texts: render them.' },
        { property: 'dangerouslySetInnerHTML', message: 'Texts are texts: render them.' },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'event', message: 'Take the event that the handler is given.' },
        { name: 'name', message: 'The name of the window is not what you meant.' },
      ],
    },
  },
  {
    files: environmentReaders,
    basePath: new URL('..', import.meta.url).pathname,
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        {
          selector:
            'CallExpression[callee.object.name=/^(it|describe|test)$/][callee.property.name=/^(skip|only|todo)$/]',
          message: 'No switched-off or narrowed tests.',
        },
      ],
    },
  },
  {
    files: ['tools/**', 'apps/cli/**', 'apps/admin-cli/**', 'test/**', 'bench/**'],
    basePath: new URL('..', import.meta.url).pathname,
    rules: { 'no-console': 'off' },
  },
);
