import assert from 'node:assert/strict';
import { loadConfig, loadStartSettings } from '../../shared/platform/config.ts';

const env = { PROJECT_ID: 'my-project', KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' };

describe('configuration', () => {
  it('has a default for all that is not the deployment’s own', () => {
    const config = loadConfig(env);
    assert.equal(config.integrationsDataset, 'integrations');
    assert.equal(config.cacheTtlSeconds, 300);
    assert.deepEqual({ ...config.task }, { index: 0, count: 1, attempt: 0, execution: undefined });
    assert.equal(config.endpoints.kms, undefined);
  });

  it('lists all faulty variables at once', () => {
    const faulty = { PROJECT_ID: 'X', PORT: 'eighty', PROVIDER_ENDPOINTS: '{', KMS_KEY: 'credentials' };
    assert.throws(
      () => loadConfig(faulty),
      ({ message }: Error) =>
        ['PROJECT_ID', 'PORT', 'PROVIDER_ENDPOINTS', 'KMS_KEY'].every((name) => message.includes(name)),
    );
  });

  it('does not repeat the value of a faulty variable', () => {
    assert.throws(
      () => loadConfig({ ...env, GOOGLE_API_ENDPOINTS: '{"a": canary' }),
      (err: Error) => !err.message.includes('canary'),
    );
  });

  it('takes endpoints as JSON by host', () => {
    const config = loadConfig({ ...env, PROVIDER_ENDPOINTS: '{"api.openai.com":"http://127.0.0.1:9"}' });
    assert.equal(config.endpoints.providers['api.openai.com'], 'http://127.0.0.1:9');
  });

  it('starts on port 8080 unless told otherwise', () => {
    assert.equal(loadStartSettings({}).port, 8080);
    assert.equal(loadStartSettings({ PORT: '9090' }).port, 9090);
  });
});
