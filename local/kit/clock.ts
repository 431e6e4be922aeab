import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from './contracts.ts';

/** The embedded cloud's time: the machine's, plus what it was advanced by. */
export interface AdvancingClock extends Clock {
  advance(seconds: number): void;
  /** How far it is ahead of the machine, milliseconds. */
  offsetMs(): number;
}

/** @param db - Keeps the offset over restarts: what was issued in advanced time must not lie in the future afterwards. */
export function createClock(db?: DatabaseSync): AdvancingClock {
  db?.exec('CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), offset_ms INTEGER NOT NULL)');
  let offset = Number(db?.prepare('SELECT offset_ms FROM clock').get()?.['offset_ms'] ?? 0);
  const listeners: (() => void)[] = [];
  return {
    now: () => new Date(Date.now() + offset),
    onAdvance: (listener) => void listeners.push(listener),
    offsetMs: () => offset,
    advance(seconds) {
      offset += Math.round(seconds * 1000);
      db?.prepare('INSERT OR REPLACE INTO clock (id, offset_ms) VALUES (1, ?)').run(offset);
      for (const listener of listeners) listener();
    },
  };
}
