import type { Check } from '../credentials/integration-row.ts';
import { isVerdict } from '../credentials/lifecycle.ts';
import { ruleFor } from './body-match.ts';
import type { NoAnswer, ProviderAnswer } from './provider-http.ts';
import type { Outcome, OutcomeRule } from './provider-spec.ts';
import { retryAfterMs } from './retry-after.ts';

/** Values for the places in a rule's texts; nothing secret. */
export type Places = Readonly<Record<string, string>>;

/** What a signal means, as the registry words it. */
export interface Finding {
  readonly outcome: Outcome;
  readonly check: Omit<Check, 'id'>;
  /** Asking again within seconds may bring another answer. */
  readonly canHeal: boolean;
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs?: number;
}

export interface JudgeContext {
  /** The provider's name. */
  readonly name: string;
  readonly places?: Places;
  readonly now: Date;
}

/** Looks an answer up in the table of its check; what the table does not know moves no status. */
export function judge(rules: readonly OutcomeRule[], answer: ProviderAnswer, context: JudgeContext): Finding {
  const { status, body } = answer;
  const rule = ruleFor(rules, answer);
  const wait = retryAfterMs(answer, context.now);
  const more = wait === undefined ? {} : { retryAfterMs: wait };
  // A page that is no JSON comes from something in between, not from the provider.
  if (!rule || (isVerdict(rule.outcome) && body === undefined)) {
    const outcome = status === 429 ? 'rate_limited' : 'provider_error';
    return { ...unjudged(outcome, context, status === 429 || isOutage(status)), ...more };
  }
  const { outcome, check, settles, message, remedy } = rule;
  const texts = {
    ...defaultTexts(outcome, context.name),
    ...(message ? { message } : {}),
    ...(remedy ? { remedy } : {}),
  };
  const canHeal = settles === true || outcome === 'rate_limited' || (outcome === 'provider_error' && isOutage(status));
  const filled = fillTexts(outcome === 'accepted' && !remedy ? { message: texts.message } : texts, context.places);
  return {
    outcome,
    canHeal,
    check: { status: check ?? (outcome === 'accepted' ? 'pass' : 'fail'), ...filled },
    ...more,
  };
}

/** There was no answer to look up. */
export function unanswered(outcome: NoAnswer, context: JudgeContext, canHeal: boolean): Finding {
  return unjudged(outcome, context, canHeal);
}

function unjudged(outcome: NoAnswer, { name }: JudgeContext, canHeal: boolean): Finding {
  return { outcome, canHeal, check: { status: 'fail', ...defaultTexts(outcome, name) } };
}

/** Statuses by which a server says that it is not well, or not yet. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 425;
}

interface Texts {
  readonly message: string;
  readonly remedy?: string;
}

function fillTexts({ message, remedy }: Texts, places: Places = {}): Texts {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (place, name: string) => places[name] ?? place);
  return { message: fill(message), ...(remedy === undefined ? {} : { remedy: fill(remedy) }) };
}

const NOTHING_TO_DO = 'You need not do anything: the test is tried again.';
/** Of a check that the rest of the test does without. */
export const NEXT_TIME = 'You need not do anything: it is checked again with the next test, at the latest tomorrow.';

function defaultTexts(outcome: Outcome, name: string): Texts {
  switch (outcome) {
    case 'accepted':
      return { message: `${name} accepted the credential.` };
    case 'rejected':
      return {
        message: `${name} refused the credential.`,
        remedy: `Create a new credential at ${name} and replace this one.`,
      };
    case 'expired':
      return {
        message: `${name} says that the credential has expired.`,
        remedy: `Create a new credential at ${name} and replace this one.`,
      };
    case 'insufficient_permission':
      return {
        message: 'The credential works but lacks a permission that is needed.',
        remedy: 'Grant the permissions that the setup steps name, then test again.',
      };
    case 'rate_limited':
      return {
        message: `${name} limits the rate of requests at the moment.`,
        remedy: NOTHING_TO_DO,
      };
    case 'unreachable':
      return {
        message: `${name} could not be reached within 10 s.`,
        remedy: `${NOTHING_TO_DO} If it stays so, look at the status page of ${name}.`,
      };
    case 'provider_error':
      return {
        message: `${name} gave an answer that says nothing about the credential.`,
        remedy: `${NOTHING_TO_DO} If it stays so, look at the status page of ${name}.`,
      };
    case 'blocked':
      return {
        message: 'The address to ask is not allowed; the test was not made.',
        remedy: 'Check the fields of the credential that name a place, such as its region.',
      };
  }
}
