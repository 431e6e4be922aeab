import { KeyManagementServiceClient } from '@google-cloud/kms';
import { grpc, googleAuthLibrary } from 'google-gax';

/** The official client over REST, calling as `email`. */
export function restClient(url: string, email: string): KeyManagementServiceClient {
  const { hostname, port } = new URL(url);
  const authClient = new googleAuthLibrary.OAuth2Client();
  authClient.setCredentials({ access_token: email, expiry_date: Number.MAX_SAFE_INTEGER });
  return new KeyManagementServiceClient({
    fallback: true,
    protocol: 'http',
    apiEndpoint: hostname,
    port: Number(port),
    authClient,
  });
}

/** The official client over gRPC without transport security; `as` goes into each call's metadata. */
export function grpcClient(address: string): KeyManagementServiceClient {
  const [apiEndpoint, port] = address.split(':');
  const sslCreds = grpc.credentials.createInsecure();
  // Unused over an insecure channel; without it the client would look for a metadata server.
  const authClient = new googleAuthLibrary.OAuth2Client();
  return new KeyManagementServiceClient({ apiEndpoint, port: Number(port), sslCreds, authClient });
}

export function as(email: string): { otherArgs: { headers: { authorization: string } }; retry: null } {
  return { otherArgs: { headers: { authorization: `Bearer ${email}` } }, retry: null };
}
