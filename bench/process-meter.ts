import { readFileSync, writeFileSync } from 'node:fs';

/** Loaded before a process that is measured: at its end it writes what it has used to the file named by `?file=`. */
const file = new URL(import.meta.url).searchParams.get('file');

process.once('exit', () => {
  if (file === null) return;
  const { user, system } = process.cpuUsage();
  writeFileSync(file, JSON.stringify({ cpuMs: (user + system) / 1000, peakMiB: peakKiB() / 1024 }));
});

/** Linux counts the highest resident set since the program began; elsewhere that of the process has to do. */
function peakKiB(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
