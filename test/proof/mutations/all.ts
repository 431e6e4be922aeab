import { CHARGING } from './charging.ts';
import { CHECKING } from './checking.ts';
import { COMMITTING } from './committing.ts';
import type { Mutation } from './mutation.ts';
import { NAMING } from './naming.ts';
import { READING } from './reading.ts';
import { WRITING } from './writing.ts';

/** Every rule of the mapping, broken once. */
export const MUTATIONS: readonly Mutation[] = [
  ...READING,
  ...NAMING,
  ...CHARGING,
  ...COMMITTING,
  ...WRITING,
  ...CHECKING,
];
