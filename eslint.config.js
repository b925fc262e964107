/**
 * The lint rules: typescript-eslint's strict set with types, and the parts of the house style a rule can see.
 * What may import what is .dependency-cruiser.mjs's business; layout is Prettier's.
 */
import { defineConfig, globalIgnores } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const banned = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  {
    selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]',
    message: 'No `as unknown as`: narrow, or fix the type.',
  },
  { selector: 'CatchClause > BlockStatement[body.length=0]', message: 'Never an empty catch.' },
];

export default defineConfig(
  globalIgnores(['dist/', 'out/', 'coverage/', 'test/fixtures/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-constant-binary-expression': 'error',
      'no-empty': 'error',
      'no-fallthrough': 'error',
      'no-loss-of-precision': 'error',
      'no-restricted-syntax': ['error', ...banned],
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-sparse-arrays': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'require-yield': 'error',
      'use-isnan': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowArray: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `!` on an index just proven in bounds is house style in numeric loops.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `Record<never, never>` is how an op says that it has no attributes.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      // Ports are asynchronous; an implementation need not be.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Pages: their types are svelte-check's business (npm run check:svelte), which knows them whole.
    files: ['src/renderer/**/*.svelte'],
    extends: [tseslint.configs.base, svelte.configs.recommended],
    languageOptions: { globals: globals.browser, parserOptions: { parser: tseslint.parser } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The name of a prop or a snippet is reason enough to `let` it.
      'prefer-const': 'off',
      'svelte/no-at-html-tags': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/button-has-type': 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'No test looks at a clock.' },
        { object: 'performance', property: 'now', message: 'No test looks at a clock.' },
        { object: 'process', property: 'hrtime', message: 'No test looks at a clock.' },
      ],
    },
  },
  {
    files: ['src/cli/**', 'tools/**', 'bench/**', '*.config.{ts,js}'],
    rules: { 'no-console': 'off' },
  },
  {
    // What a tool loads by its default export.
    files: ['*.config.{ts,js}', '.dependency-cruiser.mjs'],
    rules: { 'no-restricted-syntax': ['error', ...banned.slice(1)] },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
    rules: { 'no-undef': 'error', 'no-unused-vars': 'error' },
  },
);
