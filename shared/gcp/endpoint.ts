/** An endpoint as the generated clients want it in REST mode: host, port and protocol apart. */
export function restEndpoint(url: string): { apiEndpoint: string; port: number; protocol: string } {
  const { hostname, port, protocol } = new URL(url);
  return {
    apiEndpoint: hostname,
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    protocol: protocol.slice(0, -1),
  };
}
