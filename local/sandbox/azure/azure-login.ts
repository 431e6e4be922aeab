import { unavailablePage, type SandboxAnswer } from '../provider-server.ts';
import type { AzureCall } from './azure-call.ts';
import { newAccessToken, TOKEN_LIFE_S, type App, type AzureDirectory } from './azure-directory.ts';
import { refuser, type Refuser } from './azure-login-errors.ts';
import { GUID, HOSTS, type CloudName } from './azure-hosts.ts';

/** What the login host of a cloud works with. */
export interface LoginContext {
  readonly directory: AzureDirectory;
  readonly cloud: CloudName;
  readonly now: Date;
}

const PATH = /^\/(?<tenant>[^/]+)\/oauth2\/v2\.0\/token$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i;
const FORM = /^application\/x-www-form-urlencoded(?:;\s*charset=utf-8)?$/i;
const NEEDED = ['grant_type', 'client_id', 'scope'] as const;

/** The token endpoint of Microsoft Entra: everything that a request for a token by client credentials has to hold. */
export function answerLogin(call: AzureCall, context: LoginContext): SandboxAnswer {
  const tenant = PATH.exec(call.path)?.groups?.['tenant'];
  if (tenant === undefined)
    return { status: 404, body: '<html><body><h1>404 - File or directory not found.</h1></body></html>' };
  const refuse = refuser(context.now);
  if (call.verb !== 'POST') {
    return refuse(
      900561,
      'invalid_request',
      `The endpoint only accepts POST requests. Received a ${call.verb} request.`,
    );
  }
  return tenantFault(tenant, context, refuse) ?? answerForm(formOf(call), tenant, context, refuse);
}

function tenantFault(tenant: string, { directory, cloud }: LoginContext, refuse: Refuser): SandboxAnswer | undefined {
  if (!GUID.test(tenant) && !DOMAIN.test(tenant)) {
    const text = `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`;
    return refuse(900023, 'invalid_request', text);
  }
  const home = directory.cloudOf(tenant);
  if (home === undefined) {
    const text = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
    return refuse(90002, 'invalid_request', text);
  }
  if (home === cloud) return undefined;
  const text = `Tenant '${tenant}' request is being redirected to the National Cloud '${HOSTS[home].login[0]}'.`;
  return refuse(90038, 'invalid_request', text);
}

/** A body of another type is no form, so that every field is missing. */
function formOf({ headers, body }: AzureCall): URLSearchParams {
  return new URLSearchParams(FORM.test(headers['content-type'] ?? '') ? body : '');
}

function answerForm(form: URLSearchParams, tenant: string, context: LoginContext, refuse: Refuser): SandboxAnswer {
  const doubled = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (doubled)
    return refuse(
      9000411,
      'invalid_request',
      `The request is not properly formatted. The parameter '${doubled}' is duplicated.`,
    );
  const missing = NEEDED.find((name) => !form.get(name));
  if (missing) {
    return refuse(900144, 'invalid_request', `The request body must contain the following parameter: '${missing}'.`);
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse(
      70003,
      'unsupported_grant_type',
      `The app requested an unsupported grant type '${form.get('grant_type')}'.`,
    );
  }
  return answerApp(form, tenant, context, refuse);
}

function answerApp(form: URLSearchParams, tenant: string, context: LoginContext, refuse: Refuser): SandboxAnswer {
  const clientId = form.get('client_id') ?? '';
  const app = context.directory.app(clientId);
  if (!app || app.tenant_id !== tenant.toLowerCase() || app.state === 'deleted') {
    const text = `Application with identifier '${clientId}' was not found in the directory '${tenant}'. You may have sent your authentication request to the wrong tenant.`;
    return refuse(700016, 'unauthorized_client', text);
  }
  return (
    outage(app, refuse) ??
    secretFault(app, form.get('client_secret'), context, refuse) ??
    scopeFault(form.get('scope') ?? '', context.cloud, refuse) ??
    stateFault(app, refuse) ??
    granted(app, context)
  );
}

function outage({ state }: App, refuse: Refuser): SandboxAnswer | undefined {
  switch (state) {
    case 'rate_limited': {
      const answer = refuse(90055, 'temporarily_unavailable', 'Too many requests.', 429);
      return { ...answer, headers: { 'retry-after': '17' } };
    }
    case 'provider_error':
      return refuse(90033, 'temporarily_unavailable', 'A transient error has occurred. Please try again.', 503);
    case 'unavailable':
      return unavailablePage();
    default:
      return undefined;
  }
}

function secretFault(
  app: App,
  secret: string | null,
  { directory }: LoginContext,
  refuse: Refuser,
): SandboxAnswer | undefined {
  if (!secret) {
    const text =
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
    return refuse(7000216, 'invalid_client', text, 401);
  }
  if (!directory.isSecretOf(app, secret)) {
    const text = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.client_id}'.`;
    return refuse(7000215, 'invalid_client', text, 401);
  }
  if (app.state !== 'secret_expired') return undefined;
  return refuse(
    7000222,
    'invalid_client',
    `The provided client secret keys for app '${app.client_id}' are expired.`,
    401,
  );
}

/** Only the whole of Azure Resource Manager of the same cloud is asked for here. */
function scopeFault(scope: string, cloud: CloudName, refuse: Refuser): SandboxAnswer | undefined {
  if (scope === `https://${HOSTS[cloud].arm}/.default`) return undefined;
  const resource = /^(https:\/\/[a-z0-9.-]+)\/\.default$/.exec(scope)?.[1];
  if (resource === undefined) {
    return refuse(
      70011,
      'invalid_scope',
      `The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    );
  }
  const text = `The resource principal named ${resource} was not found in the tenant.`;
  return refuse(500011, 'invalid_resource', text);
}

function stateFault({ client_id, tenant_id, state }: App, refuse: Refuser): SandboxAnswer | undefined {
  switch (state) {
    case 'no_service_principal': {
      const text = `The client application ${client_id} is missing service principal in the tenant ${tenant_id}.`;
      return refuse(7000229, 'invalid_client', text, 401);
    }
    case 'disabled':
      return refuse(7000112, 'unauthorized_client', `Application '${client_id}'(finops-reader) is disabled.`);
    case 'blocked_by_policy': {
      const text =
        'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.';
      return refuse(53003, 'invalid_grant', text);
    }
    default:
      return undefined;
  }
}

function granted(app: App, { directory, cloud, now }: LoginContext): SandboxAnswer {
  const iat = Math.floor(now.getTime() / 1000);
  const token = newAccessToken({
    aud: `https://${HOSTS[cloud].arm}`,
    iss: `https://sts.windows.net/${app.tenant_id}/`,
    iat,
    nbf: iat,
    exp: iat + TOKEN_LIFE_S,
    appid: app.client_id,
    tid: app.tenant_id,
    ver: '1.0',
  });
  directory.issue(token, app);
  const lives = { expires_in: TOKEN_LIFE_S, ext_expires_in: TOKEN_LIFE_S };
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { token_type: 'Bearer', ...lives, access_token: token },
  };
}
