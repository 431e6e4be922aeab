import type { Tester } from '../connection-test.ts';
import { testKeys } from './keys-tester.ts';
import { testRole } from './role-tester.ts';

/** AWS: a role that lets this platform in, or access keys. */
export const testAws: Tester = (subject, run) => {
  return subject.credentials['role_arn'] === undefined ? testKeys(subject, run) : testRole(subject, run);
};
