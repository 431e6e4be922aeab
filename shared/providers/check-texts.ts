import type { Outcome } from './provider-spec.ts';

/** Values for the places in a rule's texts; nothing secret. */
export type Places = Readonly<Record<string, string>>;

export interface Texts {
  readonly message: string;
  readonly remedy?: string;
}

/** What becomes of a test that came to nothing: places that every text may hold. A dry run is over when it is over. */
export const AGAIN = {
  stored: {
    again: 'the test is tried again',
    later: 'it is checked again with the next test, at the latest tomorrow',
  },
  dryRun: { again: 'run the test again in a minute', later: 'run the test again later' },
} as const;

const NOTHING_TO_DO = 'Nothing is wrong on your side: {again}.';
/** Of a check that the rest of the test does without. */
export const NEXT_TIME = 'Nothing is wrong on your side: {later}.';

export function fillTexts({ message, remedy }: Texts, places: Places = {}): Texts {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (place, name: string) => places[name] ?? place);
  return { message: fill(message), ...(remedy === undefined ? {} : { remedy: fill(remedy) }) };
}

/** It is we who hold a request back, not the provider. */
export function busyTexts(name: string): Texts {
  return {
    message: `Too many tests of ${name} are under way here at the moment; this one did not get its turn.`,
    remedy: NOTHING_TO_DO,
  };
}

export function waitRemedy(name: string, waitMs: number): string {
  return `${NOTHING_TO_DO} ${name} wants to be left alone for ${Math.ceil(waitMs / 1000)} s.`;
}

/** For outcomes that the registry has no words of its own for. */
export function defaultTexts(outcome: Outcome, name: string): Texts {
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
        message: `${name} could not be reached: no connection, or no answer within 10 s.`,
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
