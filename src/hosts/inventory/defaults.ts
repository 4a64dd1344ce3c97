/** The defaults of the inventory. */
export const defaults = {
  interface: 'wg0',
  port: 6900,
  keepaliveSeconds: 15,
  user: 'mailuser',
  queueTtl: '20d',
  bounces: 'drop',
  warnInterval: '4h',
  maildir: 'maildir/in',
  acmeDirectory: 'https://acme-v02.api.letsencrypt.org/directory',
  selector: 'mailtun',
  dkimAlgorithm: 'rsa',
} as const;
