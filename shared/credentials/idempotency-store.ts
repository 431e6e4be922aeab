import { createHash } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { unavailable } from '../platform/deadline.ts';
import { canonicalJson } from './canonical-json.ts';
import { parametersOf } from './row-codec.ts';
import { StatementRunner } from './statement-runner.ts';
import * as statements from './statements.ts';

/** A request that carries a key, known by hashes only. */
export interface KeyedRequest {
  readonly org: string;
  readonly keyHash: string;
  readonly requestHash: string;
}

/** What is known of a key. */
export interface KeyRecord {
  readonly requestHash: string;
  /** Of the answer; null while the request is under way. */
  readonly status: number | null;
  /** The answer's body, if it was a success. */
  readonly body: unknown;
  /** Random, and new with each try: who holds the claim may write the answer. */
  readonly claim: string;
  readonly createdAt: string;
}

const KEPT_MS = 24 * 3_600_000;
const MAX_LOCKS = 3;

export function keyedRequest(org: string, key: string, request: unknown): KeyedRequest {
  return { org, keyHash: sha256(canonicalJson([org, key])), requestHash: sha256(canonicalJson(request)) };
}

/** Keys of repeated requests, kept for 24 hours in BigQuery. */
export class IdempotencyStore {
  readonly #runner: StatementRunner;
  readonly #clock: Clock;

  constructor(
    bigQuery: BigQuery,
    config: Pick<Config, 'projectId' | 'integrationsDataset' | 'location'>,
    clock: Clock,
  ) {
    this.#runner = new StatementRunner(bigQuery, config);
    this.#clock = clock;
  }

  async find({ org, keyHash }: KeyedRequest): Promise<KeyRecord | undefined> {
    const since = new Date(this.#clock.now().getTime() - KEPT_MS).toISOString();
    const params = parametersOf({ org_slug: org, key_hash: keyHash, since }, statements.FIND_KEY.types);
    const { rows } = await this.#runner.query(statements.FIND_KEY, params);
    return rows[0] && readRecord(rows[0]);
  }

  /**
   * Claims a key that nobody has used.
   *
   * @returns What is stored now: our own claim, or that of somebody who was first.
   */
  async claim(request: KeyedRequest, claim: string): Promise<KeyRecord> {
    const now = this.#clock.now();
    const params = this.#parameters(request, statements.CLAIM_KEY.types, {
      response: { claim },
      created_at: now.toISOString(),
      since: new Date(now.getTime() - KEPT_MS).toISOString(),
    });
    for (let lock = 1; lock <= MAX_LOCKS; lock += 1) {
      await this.#runner.runOnce(statements.CLAIM_KEY, params, lockOf(request, now, lock));
      const stored = await this.find(request);
      if (stored) return stored;
    }
    throw unavailable('BigQuery');
  }

  /** Takes over a claim that came to nothing; false when somebody else did. */
  async reclaim(request: KeyedRequest, former: KeyRecord, claim: string): Promise<boolean> {
    return this.#change(request, former.claim, { status: null, response: { claim } });
  }

  /** Keeps the answer of a claim; without a body it was no success, and the key is free for another try. */
  async finish(request: KeyedRequest, claim: string, status: number, body?: unknown): Promise<void> {
    await this.#change(request, claim, { status, response: { claim, ...asText(body) } });
  }

  async #change(
    request: KeyedRequest,
    claim: string,
    next: { status: number | null; response: object },
  ): Promise<boolean> {
    const created_at = this.#clock.now().toISOString();
    const params = this.#parameters(request, statements.CHANGE_KEY.types, { ...next, claim, created_at });
    const { changed } = await this.#runner.query(statements.CHANGE_KEY, params);
    return changed === 1;
  }

  #parameters(request: KeyedRequest, types: statements.ParameterTypes, more: object): Record<string, unknown> {
    const { org, keyHash, requestHash } = request;
    return parametersOf({ org_slug: org, key_hash: keyHash, request_hash: requestHash, ...more }, types);
  }
}

/** The day is part of the lock, since BigQuery remembers a job id for longer than we keep a key. */
function lockOf({ keyHash }: KeyedRequest, at: Date, lock: number): string {
  return `idempotency-${keyHash.slice(0, 32)}-${at.toISOString().slice(0, 10)}-${lock}`;
}

function readRecord(wire: Record<string, unknown>): KeyRecord {
  const { request_hash, status, response, created_at } = wire;
  const { claim, body } = JSON.parse(response as string) as { claim: string; body?: string };
  return {
    requestHash: request_hash as string,
    status: status === null ? null : Number(status),
    body: body === undefined ? undefined : (JSON.parse(body) as unknown),
    claim,
    createdAt: new Date((created_at as { value: string }).value).toISOString(),
  };
}

/** A JSON column forgets the order of names; the repeated answer shall be the first one to the letter. */
function asText(body: unknown): { body?: string } {
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
