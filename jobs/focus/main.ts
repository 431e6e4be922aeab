import { startJob } from '../start-job.ts';
import { focusConverter } from './focus-converter.ts';

/** Flow 2, second half: raw billing rows become FOCUS 1.3. It reads our own tables only, so it needs no credential. */
await startJob({
  name: 'focus',
  needsCredential: false,
  processors: ({ warehouseOf }) => ({ FocusConverter: focusConverter(warehouseOf) }),
});
