import type { ServiceContext } from '../../kit/contracts.ts';
import type { ProviderSandbox } from '../provider-sandbox.ts';
import { armError } from './azure-arm-error.ts';
import { answerArm, ARM_ROUTES } from './azure-arm.ts';
import type { AzureCall } from './azure-call.ts';
import { azureCases } from './azure-cases.ts';
import { AzureDirectory } from './azure-directory.ts';
import { CLOUD_NAMES, HOSTS, type CloudName } from './azure-hosts.ts';
import { loginFailure } from './azure-login-errors.ts';
import { answerLogin } from './azure-login.ts';
import { startAzureHost, type AzureHost } from './azure-server.ts';

export interface AzureSandbox extends ProviderSandbox {
  readonly directory: AzureDirectory;
}

/** Stand-ins of Microsoft's login and ARM hosts in the public cloud, that of the US government, and that in China. */
export async function startAzure(context: ServiceContext): Promise<AzureSandbox> {
  const directory = new AzureDirectory(context.db, context.clock);
  const servers = await Promise.all(
    CLOUD_NAMES.flatMap((cloud) => {
      const { login, arm } = HOSTS[cloud];
      return [
        { hosts: login, host: loginHost(directory, cloud, context) },
        { hosts: [arm], host: armHost(directory, cloud) },
      ];
    }).map(async ({ hosts, host }) => ({ hosts, server: await startAzureHost(host, context) })),
  );
  return {
    directory,
    endpoints: Object.fromEntries(
      servers.flatMap(({ hosts, server }) => hosts.map((host) => [host, server.url] as const)),
    ),
    cases: { azure: () => azureCases(directory) },
    async close() {
      await Promise.all(servers.map(({ server }) => server.close()));
    },
  };
}

function loginHost(directory: AzureDirectory, cloud: CloudName, { clock }: ServiceContext): AzureHost {
  const appOf = ({ body }: AzureCall) => directory.app(new URLSearchParams(body).get('client_id') ?? '');
  return {
    methodOf: ({ path }) => (path.endsWith('/oauth2/v2.0/token') ? 'token' : 'unknown'),
    callerOf: (call) => appOf(call)?.client_id,
    isUnreachable: (call) => appOf(call)?.state === 'unreachable',
    answer: (call) => answerLogin(call, { directory, cloud, now: clock.now() }),
    failure: (status) => loginFailure(status, clock.now()),
  };
}

function armHost(directory: AzureDirectory, cloud: CloudName): AzureHost {
  const holderOf = ({ headers: { authorization = '' } }: AzureCall) => directory.holderOf(authorization.slice(7));
  return {
    methodOf: ({ path }) => ARM_ROUTES.find((route) => route.path.test(path))?.name ?? 'unknown',
    callerOf: (call) => holderOf(call)?.client_id,
    isUnreachable: () => false,
    answer: (call) => answerArm(call, { directory, cloud }),
    failure: (status) => armError(status, 'ServerError', 'The server encountered an internal error.'),
  };
}
