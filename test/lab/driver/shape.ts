/** What differs between two runs of one command on machines of the same set-up, and what takes its place. */
const passing: readonly (readonly [RegExp, string])[] = [
  [/(?:[0-9A-F]{2}:){19,31}[0-9A-F]{2}/g, '<fingerprint>'],
  [/SHA256:[0-9a-f]{64}/g, '<fingerprint>'],
  [/\b[0-9a-f]{64}\b/g, '<sum>'],
  [/[A-Za-z0-9+/]{43}=/g, '<key>'],
  [/serial=[0-9A-F]{15,16}\b/g, 'serial=<serial>'],
  [/INS@\w{10}/g, 'INS@<random>'],
  [/^\d{14}:error/gm, '<queue>:error'],
  [/\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:Nov|Dec|Jan|Feb) [ \d]\d \d\d:\d\d(?::\d\d)?(?: 20\d\d)?/g, '<date>'],
  [/(\d{3} root:\w+) \d+ 17\d{8}/g, '$1 <size> <epoch>'],
  [/\b1[78]\d{8}\b/g, '<epoch>'],
  [/^\tindex \d+/gm, '\tindex <n>'],
  [/^\twgport (?!69)\d+/gm, '\twgport <any>'],
  [/tx: \d+, rx: \d+/g, 'tx: <n>, rx: <n>'],
  [/last handshake: \d+ seconds/g, 'last handshake: <n> seconds'],
  [/time=[\d.]+ ms/g, 'time=<ms>'],
  [/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, '= <ms>'],
  [/^(wg0 .{38}) .*$/gm, '$1 <bytes>'],
  [/Enabled for \d+ days \d\d:\d\d:\d\d/g, 'Enabled for <time>'],
  [/\[wg\] initiation from 0x[0-9a-f]{8}/g, '[wg] initiation from <id>'],
  [/process \w+ socket closed/g, 'process <name> socket closed'],
  [/smtpd\[\d+\]/g, 'smtpd[<pid>]'],
  [/\b[0-9a-f]{16}\b/g, '<id>'],
  [/\b(msgid=|2\.0\.0 |message )[0-9a-f]{8}\b/g, '$1<msgid>'],
  [/size=\d+/g, 'size=<n>'],
  [/(delay|lastconn|timeout)=\d+s/g, '$1=<s>'],
  [/\|inflight\|\d+\|/g, '|inflight|<s>|'],
  [/(route -qn add -host default |nameserver )[\d.]+/g, '$1<address>'],
  [/^uptime.*=\w+$/gm, 'uptime=<s>'],
  [/^ {7}\d+( {9}0 {9}0 )$/gm, '       <n>$1'],
];

/** The text with everything that is meant to differ (times, keys, counters, numbers) named instead. */
export const shape = (text: string): string =>
  passing.reduce((shaped, [what, name]) => shaped.replace(what, name), text);
