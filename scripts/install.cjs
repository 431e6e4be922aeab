// Installs what is missing, and does nothing when nothing is: runs before `npm start` and `npm test` on whatever Node the machine has.
'use strict';
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');

/** @param {string} folder - A folder with a package.json and a lock file. */
function install(folder) {
  const modules = join(folder, 'node_modules');
  const stamp = join(modules, '.installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error(`installing ${folder === root ? 'dependencies' : 'test dependencies'} ...`);
  // Development dependencies are what runs the embedded cloud: they are wanted whatever NODE_ENV says.
  // `install`, not `ci`: a registry may lack native packages of platforms that are not this one, and `ci` refuses a lock file without them.
  execFileSync('npm', ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  writeFileSync(stamp, wanted);
}

install(root);
if (process.argv.includes('--with-tests') && existsSync(join(root, 'test', 'package-lock.json')))
  install(join(root, 'test'));
