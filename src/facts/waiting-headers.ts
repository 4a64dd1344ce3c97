/** Headers of queued outbound mail, by which receivers will judge it. */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** A queued message and what identifies its sender. */
export interface WaitingHeaders {
  readonly evpid: string;
  /** The envelope's sender; empty for a bounce. */
  readonly sender: string;
  /** The domain of the From header, in lower case; null where there is none. */
  readonly from: string | null;
  /** `d=` and `s=` of each signature (RFC 6376, 3.5), in lower case. */
  readonly signatures: readonly { readonly domain: string; readonly selector: string }[];
}

// smtpctl(8) prints the message as it will be sent: filters were applied when it arrived.
const ASK = `
timeout 20 smtpctl show queue | awk -F'|' -v domains=",$1," '
  NF > 8 && $3 == "mta" {
    domain = tolower($(NF-7)); sub(/.*@/, "", domain)
    if (!index(domains, "," domain ",")) print $1, $5
  }' | tail -n 3 | while read -r evpid sender; do
  print -r -- "# $evpid $sender"
  timeout 10 smtpctl show message "$evpid" | awk '
    { sub(/\\r$/, "") }
    /^$/ { exit }
    /^[^ \\t]/ { keep = tolower($0) ~ /^(from|dkim-signature):/ }
    keep'
done
exit 0
`;

/** The newest three. @param domains the fleet's own: mail for these is not outbound. */
export const waitingHeadersOf = (domains: readonly string[]): Fact<readonly WaitingHeaders[]> =>
  fact('headers of outbound mail that waits', command(ASK, domains.join()), parseWaitingHeaders);

/** Oldest first. */
const parseWaitingHeaders = (text: string): readonly WaitingHeaders[] =>
  text
    .split(/^# /m)
    .slice(1)
    .map(part => {
      const [head = '', ...lines] = part.split('\n');
      const [evpid = '', sender = ''] = head.split(' ');
      const headers = lines
        .join('\n')
        .replaceAll(/\n[ \t]+/g, ' ')
        .split('\n');
      const valuesOf = (name: RegExp): readonly string[] =>
        headers.flatMap(line => (name.test(line) ? [line.slice(line.indexOf(':') + 1)] : []));
      const from = /@([A-Za-z0-9.-]+)[^@]*$/.exec(valuesOf(/^from:/i)[0] ?? '')?.[1];
      return {
        evpid,
        sender,
        from: from?.toLowerCase() ?? null,
        signatures: valuesOf(/^dkim-signature:/i).map(value => ({
          domain: tagIn(value, 'd'),
          selector: tagIn(value, 's'),
        })),
      };
    });

const tagIn = (value: string, name: string): string =>
  (new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;\\s]+)`).exec(value)?.[1] ?? '').toLowerCase();
