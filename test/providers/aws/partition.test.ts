import assert from 'node:assert/strict';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { partitionOf } from '../../../shared/providers/aws/aws-partition.ts';
import { askSts } from '../../../shared/providers/aws/sts.ts';
import { sessionName } from '../../../shared/providers/aws/role-visit.ts';
import type { TestRun } from '../../../shared/providers/test-run.ts';
import { accountOfKey } from '../../../shared/platform/aws-key-account.ts';
import { loadConfig } from '../../../shared/platform/config.ts';
import { serve } from '../fixtures.ts';

/** As AWS publishes them. */
const HOSTS: Readonly<Record<string, string>> = {
  aws: 'sts.us-east-1.amazonaws.com',
  'aws-cn': 'sts.cn-north-1.amazonaws.com.cn',
  'aws-us-gov': 'sts.us-gov-west-1.amazonaws.com',
  'aws-eusc': 'sts.eusc-de-east-1.amazonaws.eu',
  'aws-iso': 'sts.us-iso-east-1.c2s.ic.gov',
  'aws-iso-b': 'sts.us-isob-east-1.sc2s.sgov.gov',
  'aws-iso-e': 'sts.eu-isoe-west-1.cloud.adc-e.uk',
  'aws-iso-f': 'sts.us-isof-south-1.csp.hci.ic.gov',
};

describe('partitions of AWS', () => {
  for (const [name, host] of Object.entries(HOSTS)) {
    it(`asks ${name} at ${host}, with a signature for that region`, async () => {
      const seen: { host?: string | undefined; authorization?: string | undefined }[] = [];
      const { url, close } = await serve((req, res) => {
        seen.push({ host: req.headers.host, authorization: req.headers.authorization });
        res.writeHead(500).end();
      });
      const { region } = partitionOf(name);
      const run = { endpoints: { providers: { [host]: url } }, platform: { clock: { now: () => new Date() } } };
      const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) };
      await askSts(
        (client) => client.send(new GetCallerIdentityCommand()),
        { region, keys },
        run as unknown as TestRun,
      );
      assert.equal(seen.length, 1);
      assert.equal(seen[0]?.host, new URL(url).host);
      assert.match(seen[0]?.authorization ?? '', new RegExp(`/${region}/sts/aws4_request, SignedHeaders=[^,]*;host;`));
      await close();
    });
  }

  it('takes what it does not know for the commercial cloud', () => {
    assert.equal(partitionOf(undefined), partitionOf('aws'));
    assert.equal(partitionOf('constructor'), partitionOf('aws'));
  });
});

describe('identities of this platform at AWS', () => {
  const env = { PROJECT_ID: 'my-project', KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' };
  const withKeys = (keys: object) => loadConfig({ ...env, AWS_PLATFORM_CREDENTIALS: JSON.stringify(keys) });
  const secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

  it('are known by the account that the key id tells, unless a principal is named', () => {
    const keys = { access_key_id: 'ASIAQNZGKIQY56JQ7WML', secret_access_key };
    assert.equal(accountOfKey(keys.access_key_id), '029608264753');
    assert.equal(withKeys(keys).awsPlatform?.principalArn, 'arn:aws:iam::029608264753:root');
    const principal_arn = 'arn:aws-cn:iam::123456789012:user/setup';
    assert.equal(withKeys({ ...keys, principal_arn }).awsPlatform?.principalArn, principal_arn);
    assert.equal(loadConfig(env).awsPlatform, undefined);
    assert.deepEqual(withKeys({ principal_arn }).awsPlatform, { principalArn: principal_arn, keys: undefined });
  });

  it('need a principal where the key id tells no account', () => {
    const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key };
    assert.equal(accountOfKey(keys.access_key_id), undefined);
    assert.throws(() => withKeys(keys), /AWS_PLATFORM_CREDENTIALS: name principal_arn/);
    assert.throws(() => withKeys({ access_key_id: 'ASIAQNZGKIQY56JQ7WML' }), /go together/);
  });

  it('are refused when they are not whole, without a word of the secret', () => {
    const faulty = { access_key_id: 'nonsense', secret_access_key: 'two words', extra: secret_access_key };
    assert.throws(
      () => withKeys(faulty),
      ({ message }: Error) => message.includes('AWS_PLATFORM_CREDENTIALS') && !/two words|wJalr/.test(message),
    );
    const shown = JSON.stringify(withKeys({ access_key_id: 'ASIAQNZGKIQY56JQ7WML', secret_access_key }));
    assert(!shown.includes(secret_access_key));
  });

  it('visit roles under a name that AWS takes', () => {
    assert.equal(sessionName('acme_prod'), 'integration-acme_prod');
    assert.match(sessionName(`${'a'.repeat(70)} ö`), /^[\w+=,.@-]{2,64}$/);
  });
});
