/** Loaded before a job (`node --import`): its clock is as far ahead as the embedded cloud's. */
const offsetMs = Number(process.env['LOCAL_CLOCK_OFFSET_MS'] ?? 0);

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
