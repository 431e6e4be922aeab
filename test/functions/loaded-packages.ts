import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Loads the module that the first argument names and prints, as JSON, every package of which a file was loaded. */
const PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const packages = new Set<string>();
registerHooks({
  load(url, context, next) {
    const name = PACKAGE.exec(url)?.[1];
    if (name) packages.add(name);
    return next(url, context);
  },
});
await import(pathToFileURL(process.argv[2] ?? '').href);
process.stdout.write(JSON.stringify([...packages].toSorted()), () => process.exit());
