import type { ProviderAnswer } from '../provider-http.ts';
import type { Places } from '../check-texts.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { withFacts } from './google-api.ts';
import { grantedIn } from './permission-check.ts';

/** How to ask whether what was refused is granted. */
export interface GrantQuestion {
  ask(): Promise<ProviderAnswer>;
  readonly host: string;
  readonly needed: readonly string[];
  readonly places: Places;
}

/**
 * A refusal, unless IAM says that the right is granted: then it takes some minutes until the service knows, and nothing is
 * certain until it does.
 */
export async function unlessInEffectSoon(
  refused: CheckResult,
  run: TestRun,
  { ask, host, needed, places }: GrantQuestion,
): Promise<CheckResult> {
  let isGranted = false;
  const looked = await run.look(
    'in_effect',
    async () => {
      const answer = await ask();
      const granted = grantedIn(answer);
      isGranted = answer.status === 200 && needed.every((permission) => granted.has(permission));
      return withFacts(answer, { is_granted: isGranted });
    },
    { host, places },
  );
  return isGranted ? looked : refused;
}
