import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { RuntimeClock } from '../clock.ts';
import type { Store } from '../store.ts';
import {
  type ConsumptionScope,
  ConsumptionVersion,
  consumptionError,
  readScope,
  type UsageSource,
} from './consumption-scope.ts';
import type { Call, Handled, Route, WriteAnswer } from './exchange.ts';

export interface BudgetParts {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly usage: UsageSource;
}

const path = /^(\/.+)\/providers\/Microsoft\.Consumption\/budgets(?:\/([^/]+))?$/i;

const Notification = z.object({
  enabled: z.boolean(),
  operator: z.enum(['EqualTo', 'GreaterThan', 'GreaterThanOrEqualTo']),
  threshold: z.number().min(0).max(1000),
  contactEmails: z.array(z.string()),
  contactRoles: z.array(z.string()).optional(),
  contactGroups: z.array(z.string()).optional(),
  thresholdType: z.enum(['Actual', 'Forecasted']).optional(),
  locale: z.string().optional(),
});

/** Rules of the reference: the period starts on the first of a month, there are at most five notifications. */
const Budget = z.object({
  eTag: z.string().optional(),
  properties: z.object({
    category: z.literal('Cost'),
    amount: z.number().positive(),
    timeGrain: z.enum(['Monthly', 'Quarterly', 'Annually', 'BillingMonth', 'BillingQuarter', 'BillingAnnual']),
    timePeriod: z.object({
      startDate: z.string().regex(/^\d{4}-\d{2}-01(T|$)/, 'must be the first of a month'),
      endDate: z.string().optional(),
    }),
    filter: z.record(z.string(), z.unknown()).optional(),
    notifications: z
      .record(z.string(), Notification)
      .refine((all) => Object.keys(all).length <= 5, 'at most five')
      .optional(),
  }),
});

interface Stored {
  readonly name: string;
  readonly eTag: string;
  readonly properties: z.output<typeof Budget>['properties'];
}

/**
 * `Microsoft.Consumption/budgets` (2021-10-01): list, get, create or update. An update must carry the current `eTag`; what
 * a stale one answers is not documented: here it is 409. Kept in the table `ms_budgets`.
 */
export function budgetRoute(parts: BudgetParts): Route {
  parts.store.db.exec(
    `CREATE TABLE IF NOT EXISTS ms_budgets (
       scope TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, properties TEXT NOT NULL,
       PRIMARY KEY (scope, name))`,
  );
  return (call) => {
    const [, scopePath, name] = path.exec(call.url.pathname) ?? [];
    const scope = scopePath === undefined ? undefined : readScope(scopePath);
    if (scope === undefined || (call.method !== 'GET' && (call.method !== 'PUT' || name === undefined)))
      return undefined;
    if (!ConsumptionVersion.safeParse(call.url.searchParams.get('api-version')).success) {
      return consumptionError(400, 'The api-version must be 2021-10-01.');
    }
    return answer(parts, call, scope, name === undefined ? undefined : decodeURIComponent(name));
  };
}

function answer(parts: BudgetParts, call: Call, scope: ConsumptionScope, name: string | undefined): Handled {
  if (name === undefined) {
    const rows = parts.store.db.prepare('SELECT * FROM ms_budgets WHERE scope = ? ORDER BY name').all(key(scope));
    return { status: 200, body: { value: rows.map((row) => budgetForm(parts, scope, storedIn(row))) } };
  }
  if (call.method === 'PUT') return { write: (db) => put(parts, db, call, scope, name) };
  const stored = find(parts.store.db, scope, name);
  if (stored === undefined) return consumptionError(404, `The budget ${name} was not found.`);
  return { status: 200, body: budgetForm(parts, scope, stored) };
}

function put(parts: BudgetParts, db: DatabaseSync, call: Call, scope: ConsumptionScope, name: string): WriteAnswer {
  const budget = Budget.safeParse(parseJson(call.body));
  if (!budget.success) {
    return { ...consumptionError(400, z.prettifyError(budget.error)), effective: false };
  }
  const before = find(db, scope, name);
  if (before !== undefined && before.eTag !== budget.data.eTag) {
    return { ...consumptionError(409, `The budget ${name} has changed: its eTag is another.`), effective: false };
  }
  db.prepare(
    `INSERT INTO ms_budgets VALUES (?, ?, 1, ?)
     ON CONFLICT (scope, name) DO UPDATE SET revision = revision + 1, properties = excluded.properties`,
  ).run(key(scope), name, JSON.stringify(budget.data.properties));
  const stored = find(db, scope, name);
  if (stored === undefined) throw new Error(`the budget ${name} is not there after it was written`);
  return { status: before === undefined ? 201 : 200, body: budgetForm(parts, scope, stored), effective: true };
}

const key = (scope: ConsumptionScope) => scope.path.toLowerCase();

function find(db: DatabaseSync, scope: ConsumptionScope, name: string): Stored | undefined {
  const row = db.prepare('SELECT * FROM ms_budgets WHERE scope = ? AND name = ?').get(key(scope), name);
  return row === undefined ? undefined : storedIn(row);
}

function storedIn(row: Record<string, unknown>): Stored {
  return {
    name: String(row['name']),
    eTag: `"${Number(row['revision']).toString(16).padStart(15, '0')}"`,
    properties: Budget.shape.properties.parse(JSON.parse(String(row['properties']))),
  };
}

function budgetForm(parts: BudgetParts, scope: ConsumptionScope, { name, eTag, properties }: Stored) {
  const type = 'Microsoft.Consumption/budgets';
  const id = `${scope.path.replace(/^\//, '')}/providers/${type}/${name}`;
  return { id, name, type, eTag, properties: { ...properties, currentSpend: currentSpend(parts, scope) } };
}

/** What the month has cost so far, as far as the API shows it; USD where there is nothing yet. */
function currentSpend({ usage, clock }: BudgetParts, scope: ConsumptionScope) {
  const month = clock.now().toISOString().slice(0, 7);
  let amount = 0;
  let unit = 'USD';
  for (const fact of usage.facts(scope)) {
    if (!fact.day.startsWith(month) || Date.parse(fact.visibleAt) > clock.now().getTime()) continue;
    amount += fact.cost;
    unit = fact.currency;
  }
  return { amount: Number(amount.toFixed(4)), unit };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
