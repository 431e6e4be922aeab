import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isLive } from '../../shared/credentials/integration-row.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { expiredRow, hasRunOut } from '../../shared/credentials/row-drafts.ts';
import type { UpkeepStore } from '../../shared/credentials/upkeep-store.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { forEachRow, type Report } from './task.ts';

export interface ExpireDeps {
  readonly upkeep: Pick<UpkeepStore, 'listRunOut'>;
  readonly store: Pick<IntegrationStore, 'findSealed' | 'replace' | 'append'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const ACTOR = 'upkeep';

/** Marks credentials in use as EXPIRED once their stated expiry has passed. */
export async function expireRunOut({ upkeep, store, clock, log }: ExpireDeps): Promise<Report> {
  return forEachRow(await upkeep.listRunOut(), log, async ({ org_slug: org, provider_key: providerKey }) => {
    const row = await store.findSealed(org, providerKey);
    const now = clock.now();
    if (!isLive(row) || row.validation_status !== 'VALID' || !hasRunOut(row.expires_at, now)) return false;
    const expired = await store.replace(row, expiredRow(row, { actor: ACTOR, at: now }));
    await recordChange({ store, log }, expired, { action: 'expired', actor: ACTOR, requestId: null, from: 'VALID' });
    log.info('credential-expired', { org, providerKey, version: expired.version });
    return true;
  });
}
