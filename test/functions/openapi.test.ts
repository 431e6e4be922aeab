import assert from 'node:assert/strict';
import { create } from '../../functions/providers/providers.ts';
import { openApiDocument } from '../../functions/providers/openapi.ts';
import { ProviderList } from '../../functions/schemas.ts';
import { ROUTES } from '../../shared/http/routes.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { aServiceAccount, registry } from '../providers/fixtures.ts';
import { aPlatform, host } from './fixtures.ts';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  components: { schemas: Record<string, object> };
}

describe('the description of the API', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument(registry))) as Document;
  const text = JSON.stringify(document);

  it('is OpenAPI 3.1 with every path and method that is served', () => {
    assert.match(document.openapi, /^3\.1\./);
    for (const [path, methods] of Object.entries(ROUTES)) {
      for (const method of Object.keys(methods)) {
        const { responses } = document.paths[path]![method.toLowerCase()]!;
        assert(Object.keys(responses).length > 1);
        assert(Object.values(responses).every((response) => '$ref' in response || response.description.length > 0));
      }
    }
  });

  it('refers to nothing that it does not hold', () => {
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      assert(document.components.schemas[name!], name);
  });

  it('holds schemas that compile without our own keywords', () => {
    const ajv = createAjv();
    for (const keyword of ['deny', 'help', 'secret', 'trim', 'warn', 'limit', 'example']) ajv.removeKeyword(keyword);
    ajv.addKeyword('components');
    ajv.addSchema({ $id: 'api', components: document.components });
    for (const name of Object.keys(document.components.schemas)) {
      assert(ajv.getSchema(`api#/components/schemas/${name}`), name);
    }
  });

  it('describes the setup of each provider by the registry', () => {
    const ajv = createAjv();
    const check = ajv.compile(document.components.schemas['Setup_gcp']!);
    assert(check({ credentials: aServiceAccount(), metadata: { billing_export_table: 'acme-prod.billing.export' } }));
    assert(!check({ credentials: { type: 'external_account' } }));
    assert(!check({}));
  });

  it('is served without a token, as are the providers and the health', async () => {
    const { url, close } = await host(create(aPlatform()));
    const get = async (path: string) => (await fetch(url + path)).json() as Promise<Record<string, unknown>>;
    assert.deepEqual(await get('/openapi.json'), document);
    assert.deepEqual(await get('/health'), { status: 'ok' });
    const list = (await get('/providers')) as { providers: { slug: string }[] };
    assert(createAjv().compile(ProviderList)(list));
    assert.deepEqual(
      list.providers.map(({ slug }) => slug),
      [
        ...['gcp', 'aws-iam', 'aws-keys', 'azure', 'oci', 'openai', 'anthropic', 'gemini', 'deepseek'],
        ...['canva', 'chatgpt-plus', 'slack'],
      ],
    );
    assert(!JSON.stringify(list).includes('connection_test'));
    assert.equal((await fetch(`${url}/providers`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`${url}/nope`)).status, 404);
    await close();
  });
});
