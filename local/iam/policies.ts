import type { DatabaseSync } from 'node:sqlite';
import type { Binding, Caller } from '../kit/contracts.ts';
import { transaction } from '../kit/transaction.ts';
import { invalidArgument } from './google-error.ts';
import { isKnownRole, roleAllows } from './roles.ts';

const MEMBER =
  /^(allUsers|allAuthenticatedUsers|(user|group|serviceAccount):[^\s:@]+@[^\s:@]+|domain:[^\s:@]+|(principal|principalSet):\/\/\S+|deleted:(user|group|serviceAccount):[^\s:@]+@[^\s:@]+\?uid=\d+)$/;

/** Role bindings by resource. All of them are kept in memory too: every call of every service asks here. */
export class Policies {
  readonly #db: DatabaseSync;
  readonly #accountExists: (email: string) => boolean;
  readonly #byResource: Map<string, readonly Binding[]>;

  constructor(db: DatabaseSync, accountExists: (email: string) => boolean) {
    this.#db = db;
    this.#accountExists = accountExists;
    db.exec('CREATE TABLE IF NOT EXISTS iam_policies (resource TEXT PRIMARY KEY, bindings TEXT NOT NULL)');
    const rows = db.prepare('SELECT resource, bindings FROM iam_policies').all();
    this.#byResource = new Map(
      rows.map((row) => [String(row['resource']), JSON.parse(String(row['bindings'])) as Binding[]]),
    );
  }

  bindings(resource: string): readonly Binding[] {
    return this.#byResource.get(resource) ?? [];
  }

  setBindings(resource: string, bindings: readonly Binding[]): void {
    const present = new Set(this.bindings(resource).flatMap(({ members }) => members));
    for (const { role, members } of bindings) {
      if (!isKnownRole(role)) throw invalidArgument(`Role ${role} is not supported for this resource.`);
      for (const member of members) if (!present.has(member)) this.#assertMember(member);
    }
    this.#store(resource, merged(bindings));
  }

  addMember(resource: string, role: string, member: string): void {
    this.setBindings(resource, [...this.bindings(resource), { role, members: [member] }]);
  }

  removeMember(resource: string, role: string, member: string): void {
    const left = this.bindings(resource).map((binding) =>
      binding.role === role ? { role, members: binding.members.filter((other) => other !== member) } : binding,
    );
    this.#store(resource, merged(left));
  }

  /** Whether one of the caller's roles on `resource` or above it includes `permission`. */
  granted({ email }: Caller, permission: string, resource: string): boolean {
    const names = memberNames(email);
    return lineage(resource).some((name) =>
      this.bindings(name).some(
        ({ role, members }) => roleAllows(role, permission) && members.some((member) => names.has(member)),
      ),
    );
  }

  /** Puts `after` where `before` stood, so that a new account of the same name inherits nothing. */
  renameMember(before: string, after: string): void {
    transaction(this.#db, () => {
      for (const [resource, bindings] of this.#byResource) {
        if (!bindings.some(({ members }) => members.includes(before))) continue;
        const renamed = bindings.map(({ role, members }) => ({
          role,
          members: members.map((member) => (member === before ? after : member)),
        }));
        this.#store(resource, renamed);
      }
    });
  }

  #assertMember(member: string): void {
    if (!MEMBER.test(member)) throw invalidArgument(`The member ${member} is of an unknown type.`);
    const [, email = ''] = /^serviceAccount:(.+)$/.exec(member) ?? [];
    // Google's own agents (service-123@gcp-sa-pubsub...) are accounts of no customer.
    if (!/(?<!@gcp-sa-[a-z-]+)\.iam\.gserviceaccount\.com$/.test(email)) return;
    if (!this.#accountExists(email)) throw invalidArgument(`Service account ${email} does not exist.`);
  }

  #store(resource: string, bindings: readonly Binding[]): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO iam_policies (resource, bindings) VALUES (?, ?)')
      .run(resource, JSON.stringify(bindings));
    this.#byResource.set(resource, bindings);
  }
}

/** One binding a role, without repeated members, e-mail addresses in lower case. */
function merged(bindings: readonly Binding[]): Binding[] {
  const byRole = new Map<string, Set<string>>();
  for (const { role, members } of bindings) {
    const all = byRole.get(role) ?? new Set();
    for (const member of members) all.add(member.includes('@') ? lowerEmail(member) : member);
    if (all.size > 0) byRole.set(role, all);
  }
  return [...byRole].map(([role, members]) => ({ role, members: [...members] }));
}

function lowerEmail(member: string): string {
  const at = member.lastIndexOf(':') + 1;
  return member.slice(0, at) + member.slice(at).toLowerCase();
}

function memberNames(email: string): Set<string> {
  if (!email.includes('@')) return new Set(['allUsers']);
  const [, domain = ''] = email.split('@');
  return new Set(['allUsers', 'allAuthenticatedUsers', `serviceAccount:${email}`, `user:${email}`, `domain:${domain}`]);
}

/** `projects/p/datasets/d`: itself and everything above it. */
function lineage(resource: string): string[] {
  const parts = resource.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/')).toReversed();
}
