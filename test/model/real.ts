import assert from 'node:assert/strict';
import { newOpenAiSecret, type OpenAiKind, type OpenAiState } from '../../local/sandbox/openai.ts';
import { SandboxKeys } from '../../local/sandbox/sandbox-keys.ts';
import { fingerprint } from '../../shared/credentials/fingerprint.ts';
import { eventually, type TestCloud } from '../harness/cloud.ts';
import { serviceOf, type Service } from '../races/service.ts';
import type { Answer, Answers, Model, Status } from './model.ts';

const STATES: Readonly<Record<Answer, OpenAiState>> = {
  good: 'active',
  bad: 'revoked',
  weak: 'insufficient_permission',
  silent: 'provider_error',
};

/** How long a test may take before upkeep has to help, milliseconds. */
const PATIENCE_MS = 4_000;
export const PAST = '2020-01-01T00:00:00Z';

interface Shown {
  readonly validation_status: Status;
  readonly fingerprint: string;
  readonly metadata: { readonly notes?: string };
  readonly label: string | null;
  readonly version: number;
  readonly expires_at: string | null;
  readonly last_check?: { readonly at: string };
  readonly candidate?: Pick<Shown, 'validation_status' | 'fingerprint' | 'metadata' | 'last_check'> & {
    readonly expires_at?: string;
  };
}

/** One organisation of the real service, with keys of its own whose answers a test decides. */
export class Real {
  readonly org: string;
  readonly service: Service;
  readonly answers: Record<string, Answer> = {};
  readonly #keys: SandboxKeys<OpenAiKind, OpenAiState>;
  readonly #byName = new Map<string, { id: string; secret: string }>();

  constructor(cloud: TestCloud, org: string, answers: Answers) {
    this.org = org;
    this.service = serviceOf(cloud);
    this.#keys = new SandboxKeys(cloud.cloud.context.db, 'openai', newOpenAiSecret);
    for (const [name, answer] of Object.entries(answers)) {
      this.#byName.set(name, this.#keys.create('admin', STATES[answer]));
      this.answers[name] = answer;
    }
  }

  credentials(name: string): { api_key: string } {
    return { api_key: this.#byName.get(name)!.secret };
  }

  /** What the provider says of a key from now on. */
  decide(name: string, answer: Answer): void {
    this.#keys.setState(this.#byName.get(name)!.id, STATES[answer]);
    this.answers[name] = answer;
  }

  async shown(): Promise<Shown | undefined> {
    const body = (await this.service.get(this.org)) as Shown & { code?: string };
    return body.code === 'not_configured' ? undefined : body;
  }

  /** Waits until every test that was asked for has been made; helps with upkeep where a message got lost. */
  async atRest(isDone: (shown: Shown) => boolean = () => true): Promise<Shown | undefined> {
    const check = async () => {
      const shown = await this.shown();
      return !shown || (isTested(shown) && isDone(shown)) ? { shown } : undefined;
    };
    const soon = await eventually(check, PATIENCE_MS).catch(() => undefined);
    if (soon) return soon.shown;
    await this.service.advance(11 * 60);
    await this.service.upkeep();
    return (await eventually(check)).shown;
  }

  /** What is stored, in the words of the model. */
  async asModel(): Promise<Model> {
    const shown = await this.atRest();
    if (!shown) return { status: 'NOT_CONFIGURED', key: '', notes: '', label: null, isOver: false, candidate: null };
    const { candidate } = shown;
    const row = await this.service.row(this.org);
    return {
      status: shown.validation_status,
      key: this.#nameOf(shown.fingerprint),
      notes: shown.metadata.notes ?? '',
      label: shown.label,
      isOver: shown.expires_at !== null,
      candidate: candidate
        ? {
            status: candidate.validation_status as 'PENDING',
            key: this.#nameOf(candidate.fingerprint),
            isOwn: row.candidate_encrypted_credentials !== null,
            notes: candidate.metadata.notes ?? '',
            isOver: candidate.expires_at !== undefined,
          }
        : null,
    };
  }

  /** What holds whatever happened. */
  async assertSound(): Promise<void> {
    if ((await this.service.rows(this.org)).length === 0) return;
    const row = await this.service.row(this.org);
    assert.equal(
      row.deleted_at === null,
      row.encrypted_credentials !== null,
      'a ciphertext is kept while it is needed',
    );
    if (row.candidate_status !== 'PENDING') assert.equal(row.candidate_encrypted_credentials, null);
    assert.notEqual(row.candidate_status, 'VALID');
    const events = await this.service.events(this.org);
    for (const [index, { credential_id, action }] of events.entries()) {
      if (index > 0 && action !== 'set_up') assert.equal(credential_id, events[index - 1]!.credential_id);
    }
  }

  #nameOf(print: string): string {
    return [...this.#byName.keys()].find((name) => fingerprint(this.credentials(name)) === print) ?? 'unknown';
  }
}

/** When the subject of the next test was tested last. */
export function testedAt({ last_check, candidate }: Shown): string | undefined {
  return (candidate?.validation_status === 'PENDING' ? candidate.last_check : last_check)?.at;
}

function isTested({ validation_status, last_check, candidate }: Shown): boolean {
  if (candidate?.validation_status === 'PENDING') return candidate.last_check !== undefined;
  return validation_status !== 'PENDING' || last_check !== undefined;
}
