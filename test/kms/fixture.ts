import { crc32c } from '@aws-crypto/crc32c';
import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { startKms } from '../../local/kms/kms.ts';
import { fakeContext, OWNER, PROJECT, type FakeContext } from '../kit/fake-context.ts';
import { grpcClient, restClient } from './clients.ts';

export const LOCATION = `projects/${PROJECT}/locations/europe-west1`;
export const RING = `${LOCATION}/keyRings/ring`;
export const KEY = `${RING}/cryptoKeys/key`;

export interface KmsFixture {
  readonly context: FakeContext;
  readonly restUrl: string;
  readonly grpcAddress: string;
  /** The owner's client, over REST. */
  readonly owner: KeyManagementServiceClient;
  readonly grpc: KeyManagementServiceClient;
  /** A REST client of somebody else. */
  clientOf(email: string): KeyManagementServiceClient;
  close(): Promise<void>;
}

/** A KMS with one ring and one key in it. */
export async function kmsWithKey(file?: string): Promise<KmsFixture> {
  const context = fakeContext(file);
  const kms = await startKms(context);
  const owner = restClient(kms.restUrl, OWNER);
  const grpc = grpcClient(kms.grpcAddress);
  await owner.createKeyRing({ parent: LOCATION, keyRingId: 'ring', keyRing: {} });
  await owner.createCryptoKey({ parent: RING, cryptoKeyId: 'key', cryptoKey: { purpose: 'ENCRYPT_DECRYPT' } });
  return {
    context,
    restUrl: kms.restUrl,
    grpcAddress: kms.grpcAddress,
    owner,
    grpc,
    clientOf: (email) => restClient(kms.restUrl, email),
    close: async () => {
      await Promise.all([owner.close(), grpc.close(), kms.close()]);
      context.db.close();
    },
  };
}

export function checksum(bytes: Uint8Array): { value: number } {
  return { value: crc32c(bytes) };
}

export async function sealed(client: KeyManagementServiceClient, text: string, name = KEY): Promise<Buffer> {
  const [{ ciphertext }] = await client.encrypt({ name, plaintext: Buffer.from(text) });
  return Buffer.from(ciphertext as Uint8Array);
}

export async function opened(client: KeyManagementServiceClient, ciphertext: Buffer, name = KEY): Promise<string> {
  const [{ plaintext }] = await client.decrypt({ name, ciphertext });
  return Buffer.from(plaintext as Uint8Array).toString();
}
