/** Loaded before a job (`node --import clock-preload.ts?offset_ms=...`): its clock is as far ahead as the embedded cloud's. */
const offsetMs = Number(new URL(import.meta.url).searchParams.get('offset_ms') ?? 0);

if (offsetMs !== 0) {
  const machineNow = Date.now.bind(Date);
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number | string | Date]) {
      super(...((args.length === 0 ? [machineNow() + offsetMs] : args) as [number]));
    }

    static override now(): number {
      return machineNow() + offsetMs;
    }
  } as DateConstructor;
}
