const REQUIRED = ['tenantId', 'timeUsageStarted', 'timeUsageEnded', 'granularity'];
const OPTIONAL = ['queryType', 'groupBy', 'groupByTag', 'compartmentDepth', 'filter', 'forecast', 'isAggregateByTime'];
const GRANULARITIES = ['HOURLY', 'DAILY', 'MONTHLY'];
const QUERY_TYPES = ['COST', 'USAGE', 'CREDIT', 'EXPIREDCREDIT', 'ALLCREDIT', 'USAGE_ONLY'];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
const DAY_MS = 86_400_000;

/** What Oracle finds wrong with a question about usage; undefined when nothing is. */
export function usageFault(details: Readonly<Record<string, unknown>>, query: URLSearchParams): string | undefined {
  const missing = REQUIRED.find((name) => typeof details[name] !== 'string');
  if (missing) return `${missing} is required`;
  const unknown = Object.keys(details).find((name) => ![...REQUIRED, ...OPTIONAL].includes(name));
  if (unknown) return 'Unable to process JSON input';
  return enumFault(details) ?? timeFault(details) ?? pageFault(query);
}

function enumFault({ granularity, queryType = 'COST', isAggregateByTime = false }: Readonly<Record<string, unknown>>) {
  if (!GRANULARITIES.includes(granularity as string)) return 'granularity is invalid';
  if (!QUERY_TYPES.includes(queryType as string)) return 'queryType is invalid';
  return typeof isAggregateByTime === 'boolean' ? undefined : 'isAggregateByTime is invalid';
}

function timeFault(details: Readonly<Record<string, unknown>>): string | undefined {
  const [start, end] = [details['timeUsageStarted'], details['timeUsageEnded']].map(String);
  if (!INSTANT.test(start!) || !INSTANT.test(end!)) return 'Unable to process JSON input';
  const [from, to] = [Date.parse(start!), Date.parse(end!)] as const;
  if (!(from < to)) return 'timeUsageStarted has to be before timeUsageEnded';
  if (details['granularity'] === 'HOURLY' || (from % DAY_MS === 0 && to % DAY_MS === 0)) return undefined;
  return 'UTC date does not have the right precision: hours, minutes, seconds, and second fractions must be 0';
}

function pageFault(query: URLSearchParams): string | undefined {
  const limit = query.get('limit');
  return limit === null || /^[1-9]\d{0,3}$/.test(limit) ? undefined : 'limit is invalid';
}
