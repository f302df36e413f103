import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { queues } from '../../shared/azure/queues.ts';

const root = join(import.meta.dirname, '../..');
const sources = globSync('functions/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));

/** What the functions may bring into every instance by being loaded, with the dependencies of these. */
const lightPackages = ['@azure/cosmos', '@azure/functions', '@azure/service-bus', 'zod'];

/** What they bring in besides and should not. An entry that is gone fails: take it out. */
const stillLoaded: readonly string[] = [];

const Roles = z.array(z.enum(['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'])).min(1);

const CallerClass = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person'), roles: Roles }),
  z.strictObject({ kind: z.literal('applicant') }),
  z.strictObject({ kind: z.literal('applicant-or-person'), roles: Roles }),
  z.strictObject({ kind: z.literal('anyone'), why: z.string().min(20) }),
  z.strictObject({ kind: z.literal('signed'), by: z.enum(['BILLING_WEBHOOK_SECRETS', 'VERIFICATION_SECRETS']) }),
]);

const Binding = z.looseObject({
  type: z.string(),
  direction: z.string(),
  route: z.string().optional(),
  authLevel: z.string().optional(),
  methods: z.array(z.string()).optional(),
  connection: z.string().optional(),
  queueName: z.string().optional(),
  isSessionsEnabled: z.boolean().optional(),
});

const Described = z.object({
  functions: z.array(
    z.object({ name: z.string(), file: z.string(), bindings: z.array(Binding), callerClass: z.unknown().optional() }),
  ),
  importedByApp: z.array(z.string()),
  inMemory: z.array(z.string()),
});

let app: z.infer<typeof Described>;

/** The built app in a Node of its own, so that nothing of the test runner is in its memory. */
beforeAll(() => {
  if (!existsSync(join(root, 'dist/functions'))) throw new Error('The app is not built: npm run build');
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'describe-app.ts'), root], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (child.status !== 0) throw new Error(`The built app does not load:\n${child.stderr}`);
  app = Described.parse(JSON.parse(child.stdout));
});

const triggersOf = ({ bindings }: { readonly bindings: readonly z.infer<typeof Binding>[] }) =>
  bindings.filter(({ type }) => /Trigger$/.test(type));

const withTrigger = (type: string) =>
  app.functions.flatMap((one) =>
    triggersOf(one).flatMap((trigger) => (trigger.type === type ? [{ ...one, trigger }] : [])),
  );

test('every function file is built, and nothing is built that has no source any more', () => {
  const built = globSync('dist/functions/**/*.js', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  const expected = sources.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`);
  expect(built.sort(), 'remove dist and build again').toEqual(expected.sort());
});

test('every file registers one function, named as the file, with one trigger', () => {
  expect(app.functions.map(({ name, file }) => `${name} in ${file}`).sort()).toEqual(
    sources.map((path) => `${basename(path, '.ts')} in dist/${path.replace(/\.ts$/, '.js')}`).sort(),
  );
  expect(app.functions.filter((one) => triggersOf(one).length !== 1)).toEqual([]);
});

test('a function file is a trigger, not a program', () => {
  const linesOf = (path: string) => readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length;
  expect(sources.filter((path) => linesOf(path) > 40)).toEqual([]);
});

test('every HTTP function declares who may call it, and nobody may call it by a key', () => {
  const declared = withTrigger('httpTrigger').map(({ name, callerClass, trigger }) => ({
    name,
    declared: CallerClass.safeParse(callerClass).success,
    authLevel: trigger.authLevel,
  }));
  expect(declared.length).toBeGreaterThan(0);
  expect(declared.filter((one) => !one.declared || one.authLevel !== 'anonymous')).toEqual([]);
});

/** Who signs up or in has nothing to show yet. */
const passcodes = ['show-otp-keys', 'start-otp', 'verify-otp'];

test('only health and passcodes answer anybody', () => {
  const open = withTrigger('httpTrigger').filter(({ callerClass }) => CallerClass.parse(callerClass).kind === 'anyone');
  expect(open.map(({ name }) => name).sort()).toEqual(['health', ...passcodes].sort());
});

test('who may only read changes nothing: every other method asks for more than a reader or an auditor', () => {
  const writing = withTrigger('httpTrigger').filter(({ trigger }) =>
    trigger.methods?.some((method) => method !== 'GET'),
  );
  const lax = writing.filter(({ name, callerClass }) => {
    const caller = CallerClass.parse(callerClass);
    if (caller.kind === 'signed' || caller.kind === 'applicant' || passcodes.includes(name)) return false;
    return caller.kind === 'anyone' || caller.roles.some((role) => role === 'Risk.Reader' || role === 'Risk.Auditor');
  });
  expect(writing.length).toBeGreaterThan(0);
  expect(lax.map(({ name }) => name)).toEqual([]);
});

test('routes stand under api/ and no two functions answer the same', () => {
  const answered = withTrigger('httpTrigger').flatMap(({ trigger }) =>
    (trigger.methods ?? []).map((method) => `${method} ${String(trigger.route).replace(/\{[^}]*\}/g, '{}')}`),
  );
  expect(answered.filter((one) => !/^[A-Z]+ api\//.test(one))).toEqual([]);
  expect(new Set(answered).size).toBe(answered.length);
});

test('every queue function serves a queue of the list, with sessions exactly where the queue has them', () => {
  const definitions = Object.values(queues);
  const served = withTrigger('serviceBusTrigger').map(({ trigger }) => ({
    queue: trigger.queueName,
    connection: trigger.connection,
    sessions: trigger.isSessionsEnabled ?? false,
  }));
  const expected = served.map(({ queue }) => ({
    queue,
    connection: 'SERVICE_BUS',
    sessions: definitions.find(({ name }) => name === queue)?.requiresSession,
  }));
  expect(served).toEqual(expected);
  expect(new Set(served.map(({ queue }) => queue)).size).toBe(served.length);
});

test('loading every function brings only light packages into memory', () => {
  expect(app.importedByApp.filter((name) => !lightPackages.includes(name))).toEqual(stillLoaded);
});

test('what is heavy waits for its first use', () => {
  const heavy =
    /^(@duckdb\/|@azure\/(arm-|identity|msal-|communication-)|jose$|yaml$|commander$|libphonenumber-js$|simple-statistics$|temporal-polyfill$)/;
  expect(app.inMemory.filter((name) => heavy.test(name))).toEqual([]);
});
