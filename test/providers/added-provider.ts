import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const REGISTRY = new URL('../../configs/system/providers.yml', import.meta.url);

/** A thirteenth provider as somebody would write it: one entry, which may use what the file shares. */
export const ADDED_PROVIDER = `
  - key: ACME_AI
    slug: acme-ai
    aliases: [acme-intelligence]
    name: Acme AI
    category: genai
    credential_type: API_KEY
    docs_url: https://docs.acme.example
    setup_steps: [Open acme.example > Keys and create a key that may read usage.]
    credential:
      type: object
      required: [api_key]
      additionalProperties: false
      properties:
        api_key:
          <<: *api_key
          example: ac-live-...
          deny: [*is_anthropic, { pattern: '^ac-test-', say: This is a key of the playground, hint: Create a live key. }]
          warn: [{ pattern: '^ac-live-', say: The key does not look like the usual ac-live-...; Acme decides }]
    secret_shapes: ['ac-(?:live|test)-[a-z0-9]{10,}']
    metadata:
      type: object
      additionalProperties: false
      properties:
        account_id: { <<: *account_id, title: Workspace, example: ws-1 }
        notes: *notes
    connection_test:
      requests:
        - id: authentication
          method: GET
          url: 'https://api.acme.example/v1/usage?since={yesterday}'
          headers: { x-acme-key: '{api_key}' }
          discovered: { plan: account.plan, seats: account.seats, models: { path: 'models[]', fields: { id: id } } }
          outcomes:
            - { status: [200], match: { path: account, type: object }, outcome: accepted }
            - { status: [401], match: { path: 'errors[].code', pattern: '^expired$' }, outcome: expired }
            - { status: [401], match: { path: errors, type: array }, outcome: rejected, remedy: Create another key. }
            - { status: [403], match: { path: errors, type: array }, outcome: insufficient_permission }
    rate_limit: { per_minute: 30 }
    retry: { max: 3, backoff_seconds: 2 }
    permissions: [{ id: usage.read, needed_for: reading usage, grant: Tick usage when you create the key. }]
    pipelines: []
`;

/** Writes the real registry with one more entry into a folder. */
export async function registryFileWith(entry: string, folder: string): Promise<URL> {
  const file = join(folder, 'providers.yml');
  await writeFile(file, (await readFile(REGISTRY, 'utf8')) + entry);
  return pathToFileURL(file);
}
