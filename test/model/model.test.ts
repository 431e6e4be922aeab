import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { COMMANDS, type Holder } from './commands.ts';
import { NOTHING } from './model.ts';
import { Real } from './real.ts';

const RUNS = 6;
const COMMANDS_PER_RUN = 14;

describe('the credential service', function () {
  this.timeout(240_000);
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  it('is at all times what the model says, whatever users, provider, time and backends do', async () => {
    const commands = fc.commands(COMMANDS, { maxCommands: COMMANDS_PER_RUN, size: '+1' });
    const property = fc.asyncProperty(commands, async (sequence) => {
      // A new organisation each time, so that a failing sequence can be made smaller and played again.
      const org = `model_${randomBytes(6).toString('hex')}`;
      const setup = (): { model: Holder; real: Real } => ({
        model: { model: NOTHING },
        real: new Real(cloud, org, { one: 'good', two: 'good', three: 'bad' }),
      });
      await fc.asyncModelRun(setup, sequence);
      await cloud.call('DELETE', '/local/faults');
    });
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: 60_000, endOnFailure: true });
  });
});
