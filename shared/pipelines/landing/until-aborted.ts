/**
 * Awaits an answer for as long as nobody says stop. A source that answers slowly must not hold a process that was told to end.
 *
 * @throws The signal's reason once it is aborted; the answer is then nobody's.
 */
export async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  answer.catch(() => undefined);
  signal.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const abort = (): void => stop.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, stop.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
