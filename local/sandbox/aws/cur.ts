import { AwsError, jsonError } from './aws-error.ts';
import { callerOf, type AwsAnswer, type AwsContext, type AwsService } from './aws-service.ts';
import { isAllowed } from './iam.ts';
import type { SignedCall } from './signature.ts';

const TYPE = 'application/x-amz-json-1.1';
const TARGET = 'AWSOrigamiServiceGatewayService.DescribeReportDefinitions';
const ACTION = 'cur:DescribeReportDefinitions';

/** A stand-in of the Cost and Usage Report service, as far as it lists reports. */
export function cur(context: AwsContext): AwsService {
  return {
    name: 'cur',
    methodOf: ({ headers }) => headers['x-amz-target']?.[0]?.split('.')[1] ?? 'unknown',
    refusal(error) {
      const { status, body } = jsonError(error);
      return { status, type: TYPE, text: JSON.stringify(body) };
    },
    answer(call) {
      checkForm(call);
      const caller = callerOf(call, 'cur', context);
      if (isAllowed(caller, ACTION)) return reports();
      throw new AwsError(403, 'AccessDenied', `User: ${caller.arn} is not authorized to perform: ${ACTION}`);
    },
  };
}

function checkForm({ method, path, headers, body }: SignedCall): void {
  const isKnown = method === 'POST' && path === '/' && headers['x-amz-target']?.[0] === TARGET;
  if (!isKnown || headers['content-type']?.[0] !== TYPE)
    throw new AwsError(400, 'UnknownOperationException', 'No such operation.');
  const given = parsed(Buffer.from(body).toString());
  if (given === undefined) throw new AwsError(400, 'SerializationException', 'The body is no JSON object.');
  const { MaxResults: most = 5 } = given;
  if (most !== 5) throw new AwsError(400, 'ValidationException', 'MaxResults has to be 5.');
}

function parsed(text: string): { readonly MaxResults?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function reports(): AwsAnswer {
  const report = {
    ReportName: 'daily-costs',
    TimeUnit: 'DAILY',
    Format: 'Parquet',
    Compression: 'Parquet',
    AdditionalSchemaElements: ['RESOURCES'],
    S3Bucket: 'sandbox-cost-reports',
    S3Prefix: 'reports',
    S3Region: 'us-east-1',
    RefreshClosedReports: true,
    ReportVersioning: 'OVERWRITE_REPORT',
  };
  return { status: 200, type: TYPE, text: JSON.stringify({ ReportDefinitions: [report] }) };
}
