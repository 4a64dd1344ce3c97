import { block, withBlock } from '../resources/block.ts';
import { crontab } from '../resources/crontab.ts';
import { command } from '../run/command.ts';
import { change, type Resource, reason, textOf } from '../run/resource.ts';

const STOP = `
keep_running service httpd && keep /etc/rc.conf.local && keep "$1" || exit 1
_rcctl stop httpd >/dev/null
_rcctl disable httpd && rm -f "$1"
`;

/** Removes the configuration for fetching certificates if they come from elsewhere now; the certificates themselves stay. */
export const acmeGone = (acmeConf: string, httpdConf: string, cron: string): readonly Resource[] => [
  crontab(cron, []),
  block(acmeConf, () => []),
  httpdGone(httpdConf),
];

/** httpd is stopped if it had only mailtun's block; one of the user's is reloaded without the block. */
function httpdGone(path: string): Resource {
  const without = block(path, () => []);
  return {
    ...without,
    judge(observed, world) {
      const taken = without.judge(observed, world);
      if (!taken) return null;
      const rest = withBlock(textOf(observed, path), () => []);
      if (rest.trim() === '')
        return change(
          path,
          reason('unwanted', 'no longer needed'),
          [{ label: 'stops httpd', command: command(STOP, path) }],
          { diff: taken.diff },
        );
      return {
        ...taken,
        steps: [...taken.steps, { label: 'reloads httpd', command: command('_rcctl reload httpd >/dev/null; exit 0') }],
      };
    },
  };
}
