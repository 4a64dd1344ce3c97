import { block, withBlock } from '../resources/block.ts';
import { crontab } from '../resources/crontab.ts';
import { command } from '../run/command.ts';
import { change, type Resource, reason } from '../run/resource.ts';

const STOP = `
keep_running service httpd && keep /etc/rc.conf.local && keep "$1" || exit 1
_rcctl stop httpd >/dev/null
_rcctl disable httpd && rm -f "$1"
`;

/** Takes away what fetched certificates, where they come from elsewhere now; the certificates themselves stay. */
export const acmeGone = (acmeConf: string, httpdConf: string, cron: string): readonly Resource[] => [
  crontab(cron, []),
  block(acmeConf, () => []),
  httpdGone(httpdConf),
];

/** A web server that was ours alone goes; one of the user's goes on without our block. */
function httpdGone(path: string): Resource {
  const without = block(path, () => []);
  return {
    ...without,
    judge(observed, world) {
      const taken = without.judge(observed, world);
      if (!taken) return null;
      const rest = withBlock(observed.file(path).content?.toString('utf8') ?? '', () => []);
      if (rest.trim() === '')
        return change(
          path,
          reason('unwanted', 'no longer needed'),
          [{ label: 'stops httpd', command: command(STOP, path) }],
          {
            diff: taken.diff,
          },
        );
      return {
        ...taken,
        steps: [...taken.steps, { label: 'reloads httpd', command: command('_rcctl reload httpd >/dev/null; exit 0') }],
      };
    },
  };
}
