import type { Benchmark } from './benchmark.ts';

/** Name to what is measured; each loads its own imports and nothing else. */
export const benchmarks: Readonly<Record<string, () => Promise<{ benchmark: Benchmark }>>> = {
  'credential-service': () => import('./credential-service.ts'),
  'cached-decrypt': () => import('./cached-decrypt.ts'),
  'request-cpu': () => import('./request-cpu.ts'),
  'billing-landing': () => import('./billing-landing.ts'),
  'focus-conversion': () => import('./focus-conversion.ts'),
};
