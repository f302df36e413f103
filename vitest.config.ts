import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for locks and timers: more of them than cores run at a time.
    maxWorkers: 3,
    env: { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  },
});
