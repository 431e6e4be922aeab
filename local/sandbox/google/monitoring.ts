import { ApiError } from '../../kit/api-error.ts';
import type { ApiRequest } from '../../kit/api-server.ts';
import { pageOf } from '../../kit/paging.ts';
import { listRoute, pageSizeOf, withFields, type GoogleApi } from './google-api.ts';
import { sampleSeries, type SampleSeries } from './samples.ts';

const MAX_PAGE = 100_000;
const METRIC_TYPE = /metric\.type\s*=\s*"([^"]+)"/g;

/** Cloud Monitoring v3, as far as usage is read from it. */
export const monitoring: GoogleApi = {
  label: 'monitoring',
  routes: (iam) => [
    listRoute(iam, {
      name: 'timeSeries.list',
      label: 'monitoring',
      permission: 'monitoring.timeSeries.list',
      pattern: /^\/v3\/projects\/(?<project>[^/]+)\/timeSeries$/,
      project: ({ params }) => params['project'],
      answer: (projectId, request) => ({ body: withFields(listOf(projectId, request), request) }),
    }),
  ],
};

function listOf(projectId: string, request: ApiRequest): Record<string, unknown> {
  const metric = metricOf(request);
  const end = timeOf(request, 'interval.endTime');
  const start = request.query.has('interval.startTime') ? timeOf(request, 'interval.startTime') : end;
  if (start > end) throw invalid('interval.startTime', 'The start must not come after the end.');
  const view = request.query.get('view') ?? 'FULL';
  if (view !== 'FULL' && view !== 'HEADERS') throw invalid('view', 'It must be FULL or HEADERS.');
  const series = sampleSeries(projectId, metric);
  if (!series) throw new ApiError(404, `Cannot find metric(s) that match type = "${metric}".`);
  const page = {
    pageSize: pageSizeOf(request, 'pageSize', MAX_PAGE),
    pageToken: request.query.get('pageToken') ?? '',
  };
  const { items, nextPageToken } = pageOf(series, page, MAX_PAGE);
  return {
    ...(items.length > 0
      ? { timeSeries: items.map((one) => resourceOf(one, view === 'FULL' ? { start, end } : undefined)) }
      : {}),
    ...(nextPageToken ? { nextPageToken } : {}),
    unit: '1',
  };
}

/** The filter names one metric, no more and no fewer. */
function metricOf({ query }: ApiRequest): string {
  const [first, second] = [...(query.get('filter') ?? '').matchAll(METRIC_TYPE)];
  if (!first?.[1] || second) throw invalid('filter', 'The filter must name exactly one metric type.');
  return first[1];
}

function timeOf({ query }: ApiRequest, name: string): Date {
  const time = new Date(query.get(name) ?? '');
  if (Number.isNaN(time.getTime())) throw invalid(name, 'A time in RFC 3339 is expected.');
  return time;
}

function invalid(field: string, what: string): ApiError {
  return new ApiError(400, `Field ${field} had an invalid value. ${what}`);
}

function resourceOf(
  { labels, resourceLabels, metric, perMinute }: SampleSeries,
  range: { start: Date; end: Date } | undefined,
): object {
  return {
    metric: { type: metric, labels },
    resource: { type: 'aiplatform.googleapis.com/PublisherModel', labels: resourceLabels },
    metricKind: 'DELTA',
    valueType: 'INT64',
    points: range ? [pointOf(range, perMinute)] : [],
  };
}

function pointOf({ start, end }: { start: Date; end: Date }, perMinute: number): object {
  const minutes = Math.max(1, Math.round((end.getTime() - start.getTime()) / 60_000));
  const interval = { startTime: start.toISOString(), endTime: end.toISOString() };
  return { interval, value: { int64Value: String(minutes * perMinute) } };
}
