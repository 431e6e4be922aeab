/** One of the clouds that AWS keeps apart: accounts and keys of one are unknown in the others. */
export interface AwsPartition {
  /** Where its STS is asked. */
  readonly region: string;
  /** Both absent where no API tells costs; GovCloud's stand in the bill of the commercial account it is paired with. */
  readonly iam?: AwsService;
  readonly cur?: AwsService;
}

/** A service with one place in the whole partition, and the region that its signatures name. */
export interface AwsService {
  readonly host: string;
  readonly region: string;
}

const PARTITIONS: Readonly<Record<string, AwsPartition>> = {
  aws: {
    region: 'us-east-1',
    iam: { host: 'iam.amazonaws.com', region: 'us-east-1' },
    cur: { host: 'cur.us-east-1.amazonaws.com', region: 'us-east-1' },
  },
  'aws-cn': {
    region: 'cn-north-1',
    iam: { host: 'iam.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
    cur: { host: 'cur.cn-northwest-1.amazonaws.com.cn', region: 'cn-northwest-1' },
  },
  'aws-eusc': {
    region: 'eusc-de-east-1',
    iam: { host: 'iam.eusc-de-east-1.amazonaws.eu', region: 'eusc-de-east-1' },
  },
  'aws-us-gov': { region: 'us-gov-west-1' },
  'aws-iso': { region: 'us-iso-east-1' },
  'aws-iso-b': { region: 'us-isob-east-1' },
  'aws-iso-e': { region: 'eu-isoe-west-1' },
  'aws-iso-f': { region: 'us-isof-south-1' },
};

/** @param name - As the registry lists them; anything else is taken for the commercial cloud. */
export function partitionOf(name: unknown): AwsPartition {
  const known = typeof name === 'string' && Object.hasOwn(PARTITIONS, name) ? name : 'aws';
  return PARTITIONS[known]!;
}

/** `arn:aws-cn:iam::123456789012:role/Reader` taken apart. */
export function parseArn(arn: string): { readonly partition: string; readonly account: string; readonly name: string } {
  const [, partition = '', , , account = '', ...name] = arn.split(':');
  return { partition, account, name: name.join(':') };
}
