/** Realms with a number in their domain. */
const NUMBERED = [8, 9, 10, 14, 15, 20, 21, 23, 24, 26, 29, 35, 42, 51, 52];

const DOMAINS: Readonly<Record<string, string>> = {
  oc1: 'oraclecloud.com',
  oc2: 'oraclegovcloud.com',
  oc3: 'oraclegovcloud.com',
  oc4: 'oraclegovcloud.uk',
  oc19: 'oraclecloud.eu',
  ...Object.fromEntries(NUMBERED.map((number) => [`oc${number}`, `oraclecloud${number}.com`])),
};

export const REALM_DOMAINS: readonly string[] = [...new Set(Object.values(DOMAINS))];

/** The realm that an OCID lives in: its third part, in the old form with colons as well. */
export function realmOf(ocid: string): string | undefined {
  return ocid.split(/[.:]/)[2];
}

/** Where the realm's services are; undefined for one that Oracle has not published, as nobody knows whose the domain would be. */
export function domainOf(realm: string | undefined): string | undefined {
  return realm !== undefined && Object.hasOwn(DOMAINS, realm) ? DOMAINS[realm] : undefined;
}
