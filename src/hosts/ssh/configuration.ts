/** The ssh_config(5) settings of a host, as data. */

/** The configuration of one host. */
export interface SshConfig {
  /** Where to connect: a name or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** Paths in order of preference; they need not exist. */
  readonly identityFiles: readonly string[];
  /** Certificates for these, or for keys of the agent. */
  readonly certificateFiles: readonly string[];
  /** The library whose keys ssh would use; mailtun uses them only through an agent. */
  readonly pkcs11Provider: string | null;
  /** Algorithms that a login may use; empty: any. */
  readonly publicKeyAlgorithms: readonly string[];
  /** Whether only keys of `identityFiles` are used, even if the agent has others. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent, or null. */
  readonly agentSocket: string | null;
  readonly knownHostsFiles: readonly string[];
  /** Whether ssh would save a host key that is accepted. */
  readonly savesHostKeys: boolean;
  /** A command that prints lines of known_hosts; null where there is none. */
  readonly knownHostsCommand: string | null;
  /** VerifyHostKeyDNS: ssh accepts a key that SSHFP records confirm with DNSSEC. */
  readonly asksDns: boolean;
  /** NoHostAuthenticationForLocalhost: any key is accepted at this machine's own addresses. */
  readonly trustsLocalhost: boolean;
  /** Files of keys that are always refused; several since OpenSSH 10.3. */
  readonly revokedHostKeys: readonly string[];
  /** What to do with an unknown host key; `ask` means refuse here, since there may be nobody to ask. */
  readonly unknownHostKey: 'refuse' | 'accept';
  /** Name to look up in known_hosts instead of the host's. */
  readonly hostKeyAlias: string | null;
  /** Socket of a master connection (ControlPath), whether or not one is alive; null where it is not set. */
  readonly controlPath: string | null;
  /** Options of ssh(1) that give a session its standard streams in spite of the configuration: `StdinNull=no`. */
  readonly sessionOptions: readonly string[];
  /** Hosts to go through, the nearest first. */
  readonly proxyJump: readonly SshWords[];
  /** With % tokens; null where there is none. */
  readonly proxyCommand: string | null;
  /** ProxyUseFdpass: the command passes a connected descriptor instead of transferring the data. */
  readonly proxyPassesSocket: boolean;
  readonly connectTimeoutSeconds: number | null;
  /** 0: either. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
  /** Host key algorithms in order of preference; empty: the default. */
  readonly hostKeyAlgorithms: readonly string[];
}

/** What follows `ssh` on a command line, before any configuration is applied. */
export interface SshWords {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly identityFile: string | null;
  /** As for `ssh -J`. */
  readonly proxyJump?: string;
}

/** This machine, as far as ssh_config(5) depends on it. */
export interface Here {
  /** From passwd(5): ssh ignores HOME. */
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly hostname: string;
  /** The home directory of another login; null where there is no such login. */
  homeOf(login: string): string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}
