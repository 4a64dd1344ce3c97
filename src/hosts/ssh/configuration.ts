/** What ssh_config(5) says of a host, as data. */

/** The configuration of one host. */
export interface SshConfig {
  /** Where to connect: a name or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** Paths, in the order of preference; most of them need not exist. */
  readonly identityFiles: readonly string[];
  /** Certificates for them, or for keys of the agent. */
  readonly certificateFiles: readonly string[];
  /** Library whose keys ssh itself would use; only an agent uses it for mailtun. */
  readonly pkcs11Provider: string | null;
  /** Algorithms that may be used to log in; empty: no opinion. */
  readonly publicKeyAlgorithms: readonly string[];
  /** True: the agent is to offer no other keys than those of `identityFiles`. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent, or null. */
  readonly agentSocket: string | null;
  readonly knownHostsFiles: readonly string[];
  /** Whether ssh would write down a key that is accepted. */
  readonly savesHostKeys: boolean;
  /** A command that prints lines of known_hosts; null where there is none. */
  readonly knownHostsCommand: string | null;
  /** VerifyHostKeyDNS: ssh takes a key that SSHFP records with DNSSEC have. */
  readonly asksDns: boolean;
  /** NoHostAuthenticationForLocalhost: any key will do on this machine's own addresses. */
  readonly trustsLocalhost: boolean;
  /** Files of keys that are refused whatever else says: OpenSSH 10.3 and later take several. */
  readonly revokedHostKeys: readonly string[];
  /** What becomes of a host key that no file knows: asking is refusing here, there may be nobody to ask. */
  readonly unknownHostKey: 'refuse' | 'accept';
  /** Name to look up in known_hosts instead of the host's. */
  readonly hostKeyAlias: string | null;
  /** Socket of a master connection (ControlPath), alive or not; null where there is to be none. */
  readonly controlPath: string | null;
  /** Options for ssh(1) that undo what keeps a session from having its streams: `StdinNull=no`. */
  readonly sessionOptions: readonly string[];
  /** Hosts to go through, the nearest first. */
  readonly proxyJump: readonly SshWords[];
  /** With its % tokens; null where there is none. */
  readonly proxyCommand: string | null;
  /** ProxyUseFdpass: the command hands over a connection instead of carrying it. */
  readonly proxyPassesSocket: boolean;
  readonly connectTimeoutSeconds: number | null;
  /** 0: either. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
  /** Host key algorithms, most wanted first; empty: no opinion. */
  readonly hostKeyAlgorithms: readonly string[];
}

/** What stands after `ssh`, before any configuration. */
export interface SshWords {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly identityFile: string | null;
  /** As `ssh -J`. */
  readonly proxyJump?: string;
}

/** This machine, as far as ssh_config(5) asks for it. */
export interface Here {
  /** As passwd(5) has it: ssh does not look at HOME. */
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly hostname: string;
  /** The home directory of another login; null where there is no such login. */
  homeOf(login: string): string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}
