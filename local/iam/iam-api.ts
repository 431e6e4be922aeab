import { apiListener, listen } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { accountRoutes } from './account-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import type { Iam } from './iam.ts';
import { impersonationRoutes } from './impersonation-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { projectRoutes } from './project-routes.ts';
import { serviceRoutes } from './service-routes.ts';

const MAX_BODY_BYTES = 1 << 20;

/** IAM, IAM Credentials, Resource Manager, Service Usage, Cloud Billing and the public certificates of www.googleapis.com, on one port. */
export async function startIamApi(
  { auth, faults, journal }: Pick<ServiceContext, 'auth' | 'faults' | 'journal'>,
  iam: Iam,
): Promise<{ url: string; close(): Promise<void> }> {
  const routes = [
    ...accountRoutes(iam),
    ...keyRoutes(iam),
    ...impersonationRoutes(iam),
    ...projectRoutes(iam),
    ...serviceRoutes(iam),
    ...certificateRoutes(iam),
  ];
  const { url, close } = await listen(
    apiListener({ service: 'iam', routes, auth, faults, journal, maxBodyBytes: MAX_BODY_BYTES }),
  );
  return { url, close };
}
