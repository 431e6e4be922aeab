import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules, stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** What one file names: paths below the root for our own files, package names for all others. */
export interface Imports {
  /** Loaded with the file. */
  readonly static: readonly string[];
  /** Loaded when the code gets there, by `import()`. */
  readonly lazy: readonly string[];
  /** Both, and those that only types come from. */
  readonly all: readonly string[];
}

const STATEMENT = /^\s*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const CALL = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const known = new Map<string, Imports>();

/** @param file - Path below the root. */
export function importsOf(file: string): Imports {
  const cached = known.get(file);
  if (cached) return cached;
  const source = readFileSync(join(ROOT, file), 'utf8');
  // As Node reads it: what stands for types only is gone.
  const code = stripTypeScriptTypes(source);
  const named = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, specifier = '']) => resolve(specifier, file));
  const imports = {
    static: named(code, STATEMENT),
    lazy: named(code, CALL),
    all: [...named(source, STATEMENT), ...named(source, CALL)],
  };
  known.set(file, imports);
  return imports;
}

function resolve(specifier: string, from: string): string {
  return specifier.startsWith('.') ? join(dirname(from), specifier) : packageName(specifier);
}

/** `ajv/dist/2020.js` is a file of `ajv`. */
function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Our files and the packages that come with them when `entry` is loaded; Node's own modules are left out. */
export function closureOf(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const name of importsOf(file).static) {
      if (name.endsWith('.ts')) files.add(name);
      else if (!name.startsWith('node:') && !builtinModules.includes(name)) packages.add(name);
    }
  }
  return { files: [...files], packages: [...packages].toSorted() };
}

/** All TypeScript files below the folders, as paths below the root. */
export function filesOf(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((path) => !path.includes('node_modules')),
  );
}
