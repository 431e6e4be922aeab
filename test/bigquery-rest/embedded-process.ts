import { startEmbedded } from './embedded.ts';

/** The embedded BigQuery as a process of its own, which a test may kill; prints its address. */
const { url } = await startEmbedded(process.argv[2]);
console.log(url);
