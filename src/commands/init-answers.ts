/** The answers that `mailtun init` needs; several values are separated by blanks. */
export interface Answers {
  readonly domain: string;
  readonly recipient: string;
  readonly relay: string;
  readonly address: string;
  readonly endpoint: string;
  readonly mx: string;
  readonly outbound: string;
  readonly gateway: string;
  /** Empty: the gateway delivers. */
  readonly workstation: string;
  readonly gatewayLan: string;
  readonly workstationLan: string;
  readonly tunnel: string;
}
