import { randomUUID } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ApiError } from './api-error.ts';
import type { Fault, Faults } from './contracts.ts';

const FaultRequest = Type.Object(
  {
    service: Type.String({ minLength: 1 }),
    method: Type.Optional(Type.String({ minLength: 1 })),
    kind: Type.Union(['error', 'latency', 'reset', 'garbage'].map((kind) => Type.Literal(kind as Fault['kind']))),
    status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
    latency_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
    rate: Type.Number({ minimum: 0, maximum: 1, default: 1 }),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

export interface FaultBox extends Faults {
  /** Injects a fault; an `ApiError` 400 that lists what is wrong with the request. */
  add(request: unknown): { id: string };
  /** Takes back one fault, or all. */
  remove(id?: string): void;
  list(): readonly Fault[];
}

export function createFaults(random: () => number = Math.random): FaultBox {
  const active = new Map<string, { fault: Fault; left: number }>();
  return {
    next(service, method) {
      for (const [id, entry] of active) {
        const { fault } = entry;
        if (fault.service !== service || (fault.method !== undefined && fault.method !== method)) continue;
        if (random() >= fault.rate) continue;
        entry.left -= 1;
        if (entry.left <= 0) active.delete(id);
        return fault;
      }
      return undefined;
    },
    add(request) {
      const candidate = Value.Default(FaultRequest, request);
      const faults = [...Value.Errors(FaultRequest, candidate)].map(
        ({ path, message }) => `${path || '/'}: ${message}`,
      );
      if (faults.length > 0) throw new ApiError(400, `The fault is not valid: ${faults.join('; ')}`);
      const fault = { id: randomUUID(), ...(candidate as Omit<Fault, 'id'>) };
      active.set(fault.id, { fault, left: fault.count ?? Infinity });
      return { id: fault.id };
    },
    remove(id) {
      if (id === undefined) active.clear();
      else active.delete(id);
    },
    list: () => [...active.values()].map(({ fault }) => fault),
  };
}
