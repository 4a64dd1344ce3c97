/** The answers that `mailtun init` needs; several values are separated by blanks. */
export type Answers = Readonly<
  // Without a workstation it is empty, and the gateway delivers.
  Record<'domain' | 'recipient' | 'relay' | 'gateway' | 'workstation' | 'address' | 'endpoint' | 'mx', string> &
    Record<'outbound' | 'gatewayLan' | 'workstationLan' | 'tunnel', string>
>;
