import type { Check } from '../credentials/integration-row.ts';
import { isVerdict } from '../credentials/lifecycle.ts';
import { ruleFor } from './body-match.ts';
import { busyTexts, defaultTexts, fillTexts, waitRemedy, type Places } from './check-texts.ts';
import type { NoAnswer, NoAnswerError, ProviderAnswer } from './provider-http.ts';
import type { Outcome, OutcomeRule } from './provider-spec.ts';
import { retryAfterMs } from './retry-after.ts';

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
    return withWait({ ...unjudged(outcome, context, status === 429 || isOutage(status)), ...more }, context);
  }
  const { outcome, check, settles, message, remedy } = rule;
  const texts = {
    ...defaultTexts(outcome, context.name),
    ...(message ? { message } : {}),
    ...(remedy ? { remedy } : {}),
  };
  const canHeal = settles === true || outcome === 'rate_limited' || (outcome === 'provider_error' && isOutage(status));
  const filled = fillTexts(outcome === 'accepted' && !remedy ? { message: texts.message } : texts, context.places);
  const found: Finding = {
    outcome,
    canHeal,
    check: { status: check ?? (outcome === 'accepted' ? 'pass' : 'fail'), ...filled },
  };
  return withWait({ ...found, ...more }, context);
}

/** Who is told to wait wants to know for how long. */
function withWait(finding: Finding, { name }: JudgeContext): Finding {
  const { outcome, retryAfterMs, check } = finding;
  if (outcome !== 'rate_limited' || retryAfterMs === undefined) return finding;
  return { ...finding, check: { ...check, remedy: waitRemedy(name, retryAfterMs) } };
}

/** There was no answer to look up. */
export function unanswered({ outcome, canHeal, isOurs }: NoAnswerError, context: JudgeContext): Finding {
  const finding = unjudged(outcome, context, canHeal);
  return isOurs ? { ...finding, check: { status: 'fail', ...busyTexts(context.name) } } : finding;
}

function unjudged(outcome: NoAnswer, { name }: JudgeContext, canHeal: boolean): Finding {
  return { outcome, canHeal, check: { status: 'fail', ...defaultTexts(outcome, name) } };
}

/** Statuses by which a server says that it is not well, or not yet. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 425;
}
