import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<(bytes: number) => void>();

/** Tells `count` of the bytes that BigQuery bills for whatever queries `work` makes of our own. */
export function metered<T>(count: (bytes: number) => void, work: () => Promise<T>): Promise<T> {
  return current.run(count, work);
}

/** @param bytes - As BigQuery writes them; absent in answers that come without a bill. */
export function countBilledBytes(bytes: string | undefined): void {
  if (bytes !== undefined) current.getStore()?.(Number(bytes));
}
