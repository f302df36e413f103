#!/usr/bin/env node
// The `surety` command. Runs on Node 22.18 or newer; on an older one it hands over to a newer Node that it finds.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
/** EX_SOFTWARE of sysexits.h: an error of the command itself, told apart from every answer it can give. */
const internalError = 70;

if (isNewEnough(process.versions.node)) await runHere();
else handOver();

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

async function runHere() {
  quietTypeStripping();
  quietClosedPipes();
  const { enableCompileCache } = await import('node:module');
  enableCompileCache?.();
  try {
    const { run } = await import(pathToFileURL(commandFile()).href);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    await run({ args: process.argv.slice(2), env: process.env, version });
  } catch (error) {
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package/.test(error.message);
    if (missing)
      fail(`surety: ${error.message.split('\n')[0]}.\nIts packages are not installed: run "npm ci" in ${root}.`, 2);
    else fail(`surety: this should not have happened, please report it.\n${error?.stack ?? error}`, internalError);
  }
}

/** The source where it stands, so that what runs is never older than it; Node does not strip types under node_modules. */
function commandFile() {
  const source = join(root, 'shared', 'cli', 'main.ts');
  const built = join(root, 'dist', 'shared', 'cli', 'main.js');
  const strippable = !root.split(/[\\/]/).includes('node_modules');
  if (strippable && existsSync(source)) return source;
  return built;
}

/** Node before 24.3 warns on each run that it strips types. */
function quietTypeStripping() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'object' ? rest[0]?.type : rest[0];
    if (type !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}

/** A reader that has seen enough, such as `head`, is no failure: nobody is left to write for. */
function quietClosedPipes() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
}

/** Runs the same command on a newer Node, on the same stdin, stdout and stderr, and ends as it ends. */
function handOver() {
  const node = newerNode();
  if (node === undefined) {
    fail(
      `surety needs Node 22.18 or newer; this is ${process.versions.node} at ${process.execPath}, and no newer one was found.\n` +
        `On Linux (x64, arm64) and Windows (x64) "npm ci" in ${root} brings Node 24 by itself: run it without --omit=optional and without --omit=dev.\n` +
        'Elsewhere install Node 24 from https://nodejs.org and try again.',
      2,
    );
    return;
  }
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`surety: ${node} cannot be started: ${error.message}`, 2));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? internalError;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function newerNode() {
  return candidates().find((path) => {
    if (!existsSync(path)) return false;
    const asked = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
    return asked.status === 0 && isNewEnough(asked.stdout.trim().slice(1));
  });
}

/** First the Node that `npm ci` brought, in the folders that Node itself would search, then those of PATH. */
function candidates() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const found = [];
  for (let folder = root; ; folder = dirname(folder)) {
    found.push(join(folder, 'node_modules', `node-${platform}-${process.arch}`, 'bin', file));
    if (dirname(folder) === folder) break;
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...found, ...onPath.map((folder) => join(folder, file))])];
}

function fail(message, exitCode) {
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
