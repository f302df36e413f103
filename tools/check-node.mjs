// Runs before every script: a clear sentence instead of a stack trace on an old Node.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Surety needs Node 22.18 or newer; this is ${process.versions.node} at ${process.execPath}.\n` +
      'On Linux (x64, arm64) and Windows (x64) "npm ci" brings Node 24 by itself: run it without --omit=optional and without --omit=dev.\n' +
      'Elsewhere install Node 24 from https://nodejs.org and try again.',
  );
  process.exit(1);
}
