import { parseArgs } from 'node:util';

/** What the one-machine runtime was asked for. */
export interface RuntimeArguments {
  readonly data: string;
  readonly once: boolean;
  readonly seed: number;
  readonly report: string | undefined;
  readonly port: number;
  readonly reset: boolean;
  /** Four customers and the attack alone. */
  readonly brief: boolean;
  readonly help: boolean;
}

export const usage = `Surety on one machine: the real functions on loopback endpoints for Cosmos DB, Service Bus and Microsoft's APIs.

  npm start -- [options]

  --data DIR      where everything is kept (default .surety)
  --once          play the incident, write the report, end (exit code 1 if it did not end as it should)
  --seed N        which incident: any whole number (default 1)
  --report FILE   write the report as JSON
  --port N        port of the API (default 7071)
  --reset         start from nothing: removes what is in --data first
  --brief         three customers, and the attack alone: for a quick trial
  --help          this text

Settings:
  SURETY_CRASH_AT=n:before|after  ends the process at the n-th request to an endpoint
  SURETY_STORE_SYNC=NORMAL        does not wait for the disk at each commit: for tests that end only the process`;

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function readArguments(argv: readonly string[]): RuntimeArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: 'string', default: '.surety' },
      once: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      report: { type: 'string' },
      port: { type: 'string', default: '7071' },
      reset: { type: 'boolean', default: false },
      brief: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    data: values.data,
    once: values.once,
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
    report: values.report,
    port: wholeNumber('--port', values.port, 0, 65_535),
    reset: values.reset,
    brief: values.brief,
    help: values.help,
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  return number;
}
