const BY_REGION: readonly [pattern: RegExp, partition: string][] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^eusc-/, 'aws-eusc'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^us-iso-/, 'aws-iso'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
];

export function partitionOfRegion(region: string): string {
  return BY_REGION.find(([pattern]) => pattern.test(region))?.[1] ?? 'aws';
}

/** Partition, account, and what stands behind it. */
export function partsOf(arn: string): { partition: string; account: string; name: string } {
  const [, partition = '', , , account = '', ...name] = arn.split(':');
  return { partition, account, name: name.join(':') };
}
