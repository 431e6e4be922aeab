import { createPrivateKey, type KeyObject } from 'node:crypto';

/** The key as a file: some tools paste its line ends as the two characters `\n`. */
export function pemOf(privateKey: string): string {
  return privateKey.replaceAll('\\r', '').replaceAll('\\n', '\n');
}

/** PKCS#1 or PKCS#8, each plain or encrypted; undefined when it does not open. */
export function openedKey(pem: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    return undefined; // OpenSSL's message may quote the input
  }
}
