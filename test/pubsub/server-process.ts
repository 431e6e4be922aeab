/** A Pub/Sub in a process of its own, for tests that kill it: `node server-process.ts FILE`. */
import { startPubSub } from '../../local/pubsub/pubsub.ts';
import { fakeContext } from '../kit/fake-context.ts';

const context = fakeContext(process.argv[2]);
const { address } = await startPubSub(context, { idToken: async (email) => email });
process.stdout.write(`${address}\n`);
