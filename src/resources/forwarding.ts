import { FORWARDING, forwardingState, SYSCTL_CONF, settingsIn, surelyRead } from '../facts/forwarding.ts';
import { command } from '../run/command.ts';
import { intactText, isDamaged, lostReason } from '../run/lost.ts';
import { type Change, change, type FileState, type Resource, reason, type Step } from '../run/resource.ts';
import { withBlock } from './block.ts';
import { keeping, ofRoot, putStep, refuseOddities, sha256 } from './file.ts';

const SET = 'keep_running sysctl "$1" && sysctl -q "$1=$2"';

const REMOVE = '[ "$(sha256 -q "$1")" = "$2" ] && keep "$1" && rm -f "$1"';

/**
 * Forwarding of packets by the kernel, now and after a boot (sysctl.conf(5)). It is turned off only if mailtun's block has
 * turned it on and nothing needs it any more; the admin's own lines are not changed.
 */
export function forwarding(families: readonly (keyof typeof FORWARDING)[]): Resource {
  const wanted = families.map(family => FORWARDING[family]);
  const running = forwardingState(wanted);
  return {
    id: SYSCTL_CONF,
    questions: [{ kind: 'file', path: SYSCTL_CONF, want: 'content' }, running],
    judge: observed => judged(wanted, observed.file(SYSCTL_CONF), observed.get(running)),
    wants: () =>
      wanted.length === 0
        ? []
        : [
            {
              path: SYSCTL_CONF,
              content: withBlock('', () => wanted.map(one => `${one}=1`)),
              ...ofRoot('0644'),
            },
          ],
  };
}

function judged(wanted: readonly string[], now: FileState, running: ReadonlyMap<string, string>): Change | null {
  refuseOddities(now);
  const before = intactText(now);
  const rest = withBlock(before, () => []);
  const [had, own, sure] = [before, rest, surelyRead(rest, before)].map(settingsIn);
  const isOwn = (one: string): boolean => own?.get(one) === '1' && sure?.get(one) === '1';
  const after = withBlock(before, () => wanted.filter(one => !isOwn(one)).map(one => `${one}=1`));
  const due = Object.values(FORWARDING).flatMap(one => {
    const is = running.get(one);
    const isOurs = had?.get(one) === '1' && own?.get(one) !== '1';
    if (wanted.includes(one)) return is === '1' ? [] : [{ one, is, value: '1' }];
    return isOurs && is === '1' ? [{ one, is, value: '0' }] : [];
  });
  const isSame = after === before && !isDamaged(now.content);
  if (isSame && due.length === 0) return null;
  const set = due.map(({ one, value }) => ({ label: `sets ${one}=${value}`, command: command(SET, one, value) }));
  const why = due.map(({ one, is, value }) => reason('forwarding-differs', `${one} is ${is}, wanted ${value}`));
  if (isSame) return change(SYSCTL_CONF, why, set, { rewrites: false });
  const attributes = now.type === 'file' ? now : ofRoot('0644');
  // The kernel first: as long as the file has the block, the next run knows that mailtun has turned forwarding on.
  const steps = [
    ...set,
    after === '' ? removeStep(now.sha256 ?? sha256(now.content ?? '')) : putStep(now, attributes, after),
  ];
  return change(SYSCTL_CONF, [...why, lostReason(now, reason('block-differs', 'block differs'))], steps, {
    diff: { path: SYSCTL_CONF, before, after },
  });
}

/** An empty file is removed: OpenBSD comes without it. */
const removeStep = (sum: string): Step => ({
  label: `removes ${SYSCTL_CONF}`,
  stage: keeping(SYSCTL_CONF),
  command: command(REMOVE, SYSCTL_CONF, sum),
});
