import { anchorState, rulesIn } from '../facts/pf-anchor-state.ts';
import { anchorLines, hasAnchor, includedIn, skipLine, withAnchor, withoutAnchor } from '../facts/pf-conf.ts';
import { pfRulesWith } from '../facts/pfctl-status.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { type Change, change, type Observed, type Reason, type Resource, reason, textOf } from '../run/resource.ts';
import { editOf } from './edited.ts';
import { keeping, MARK, ofRoot } from './file.ts';

const PF_CONF = '/etc/pf.conf';
const CHECK = ['pfctl', '-nf'];

// A pfctl -f that fails has already cleared what `set skip` had set (main of pfctl.c), so nothing is tried that cannot succeed.
const MAY_LOAD = `
may_load() {
  [ "$(sysctl -n kern.securelevel)" -lt 2 ] ||
    { complain 'kern.securelevel is 2: pf(4) does not let its rules be changed; see securelevel(7)'; return; }
  pfctl -nf "$1"
}
`;

const loadStep = (anchor: string, file: string, whole: boolean) => ({
  label: whole ? `loads ${PF_CONF}` : `loads the anchor ${anchor}`,
  command: whole
    ? command(`${MAY_LOAD}may_load "$1" && keep_running pf rules && pfctl -f "$1"`, PF_CONF)
    : command(`${MAY_LOAD}may_load "$2" && keep_running pf rules && pfctl -a "$1" -f "$2"`, anchor, file),
});

/** The two lines in pf.conf(5); the rest is not changed by a byte. The anchor's file has to exist first. */
export function pfConfAnchor(anchor: string, file: string): Resource {
  return {
    id: PF_CONF,
    questions: [{ kind: 'file', path: PF_CONF, want: 'content' }],
    judge: observed =>
      rewritten(observed, reason('anchor-not-loaded', 'does not load the anchor'), text =>
        withAnchor(text, anchorLines(anchor, file)),
      ),
    wants: () => [{ path: PF_CONF, content: `${anchorLines(anchor, file).join('\n')}\n`, ...ofRoot('0600') }],
  };
}

function rewritten(observed: Observed, why: Reason, edit: (text: string) => string): Change | null {
  const now = observed.file(PF_CONF);
  if (now.type === 'missing')
    throw new Failure(
      'pf-conf-unsuitable',
      `${PF_CONF} is missing`,
      PF_CONF,
      'put /etc/examples/pf.conf there, or write packet_filter: off',
    );
  return editOf(now, edit, () => why, { accept: CHECK, risk: 'lockout' });
}

/**
 * The anchor in the kernel: pf(4) evaluates the rules of the file, even after something has flushed or replaced them. The
 * admin decides whether pf is enabled; a disabled pf keeps the rules until then.
 * @param on the interface that its rules are about: pf must not skip it.
 */
export function pfAnchor(anchor: string, file: string, on: string): Resource {
  const id = `anchor ${anchor}`;
  const [state, rules] = [anchorState(anchor, file, on), pfRulesWith(anchor)];
  return {
    id,
    questions: [{ kind: 'file', path: PF_CONF, want: 'content' }, state, rules],
    judge(observed, world) {
      const conf = textOf(observed, PF_CONF);
      refuseSkip(conf, on);
      const { refusal, wouldLoad, isSkipped } = observed.get(state);
      refuseRefused(refusal);
      const inForce = observed.get(rules);
      const [loaded, isEvaluated] = [rulesIn(inForce.anchor), inForce.main.includes(`anchor "${anchor}" `)];
      const whole = world.willChange(PF_CONF) || !isEvaluated || isSkipped;
      const why = [
        isEvaluated ? [] : reason('anchor-not-evaluated', 'pf does not evaluate it'),
        isSkipped
          ? reason('interface-skipped', `pf skips ${on}, and no line of ${PF_CONF} says so${elsewhere(conf)}`)
          : [],
        world.willChange(file) || world.willChange(PF_CONF)
          ? reason('anchor-file-changes', 'its file will change')
          : [],
        isEvaluated && !sameRules(wouldLoad, loaded)
          ? reason('anchor-rules-differ', 'the loaded rules differ from its file')
          : [],
      ].flat();
      if (why.length === 0) return null;
      return change(id, why, [loadStep(anchor, file, whole)], { risk: 'lockout' });
    },
  };
}

/** Removes the lines, the rules and the file, if they are mailtun's. */
export function noPfAnchor(anchor: string, file: string): readonly Resource[] {
  const lines = anchorLines(anchor, file);
  const ours = (observed: Observed): boolean => observed.file(file).content?.includes(MARK) ?? false;
  const conf: Resource = {
    id: PF_CONF,
    questions: [
      { kind: 'file', path: PF_CONF, want: 'content' },
      { kind: 'file', path: file, want: 'content' },
    ],
    judge(observed) {
      if (!ours(observed) || !hasAnchor(textOf(observed, PF_CONF), lines)) return null;
      const edit = rewritten(observed, reason('unwanted', 'loads the anchor, which is no longer needed'), text =>
        withoutAnchor(text, lines),
      );
      return edit && { ...edit, steps: [...edit.steps, loadStep(anchor, file, true)] };
    },
  };
  const rules: Resource = {
    id: file,
    questions: conf.questions,
    judge(observed) {
      if (!ours(observed)) return null;
      const clear = 'pfctl -a "$1" -F rules 2>/dev/null; keep "$2" && rm -f "$2"';
      const remove = { label: `removes ${file}`, stage: keeping(file), command: command(clear, anchor, file) };
      return change(file, reason('unwanted', 'no longer needed'), [remove], { risk: 'lockout' });
    },
  };
  return [conf, rules];
}

/** @throws Failure if the user's own pf.conf skips the tunnel interface: mailtun's rules would have no effect. */
function refuseSkip(conf: string, on: string): void {
  const found = skipLine(conf, on);
  if (!found) return;
  throw new Failure(
    'pf-conf-unsuitable',
    `line ${found.line} of ${PF_CONF}, "${found.statement}", keeps pf from filtering ${on}`,
    PF_CONF,
    `remove ${on} and its group from that line and run pfctl -f ${PF_CONF}, or write packet_filter: off in the inventory`,
  );
}

/** @throws Failure if pfctl(8) does not accept the user's own pf.conf: no lines in it would be loaded, now or at boot. */
function refuseRefused(refusal: string): void {
  const [first = ''] = refusal.split('\n');
  if (first === '') return;
  throw new Failure(
    'pf-conf-unsuitable',
    `pfctl refuses the ${PF_CONF} that is there: ${first}`,
    PF_CONF,
    `repair it until pfctl -nf ${PF_CONF} accepts it, or write packet_filter: off in the inventory`,
  );
}

/** An interface has what its group has as soon as it is in it (pfi_xcommit() in pf_if.c). */
function elsewhere(conf: string): string {
  const included = includedIn(conf);
  return included.length === 0 ? '' : `; it includes ${included.join(', ')}: see set skip there`;
}

/** pfctl may reorder independent rules; the last one, which blocks the rest, keeps its place. */
const sameRules = (one: readonly string[], other: readonly string[]): boolean =>
  one.at(-1) === other.at(-1) && one.toSorted().join('\n') === other.toSorted().join('\n');
