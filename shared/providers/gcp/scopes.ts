const AUTH = 'https://www.googleapis.com/auth/';

/** What a test may do with a customer's token, whatever roles it has: read. IAM has no scope for reading alone. */
export const TEST_SCOPES: readonly string[] = [
  'cloud-platform.read-only',
  'cloud-billing.readonly',
  'compute.readonly',
  'monitoring.read',
  'iam',
].map((scope) => AUTH + scope);
