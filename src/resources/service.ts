import { RC_CONF_LOCAL, type ServiceState, serviceState } from '../facts/service-state.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { few } from '../run/few.ts';
import { goneForGood } from '../run/lost.ts';
import { change, type Reason, type Resource, reason, type Step } from '../run/resource.ts';
import { keeping, made } from './file.ts';
import { restartScript } from './service-start.ts';

/** The desired state of a daemon. */
export interface DesiredService {
  /** Its configuration file; while that waits for another host, the service is not changed. */
  readonly configuration: string;
  /** Files it reads when it starts; newer than its start means that it has to start again. */
  readonly reads: readonly string[];
  /** `ADDRESS PORT` pairs that must accept a connection after a start. */
  readonly listens: readonly { readonly address: string; readonly port: number }[];
  /** The log in which it says why it exited. */
  readonly log: string;
  /** A command that checks its files before a running daemon is stopped; rc.d(8) of some releases does not. */
  readonly accept?: readonly string[];
  /**
   * Defines the shell functions `pause`, which lets a running daemon finish what it has begun, may then end it (`ended` is not
   * empty where it has), and returns within seconds; and `resume`, which undoes that if it still runs.
   */
  readonly pauses?: string;
  /** What it can only reach from routing table 0, for people; left out: any table will do. */
  readonly reaches?: string;
  /** Addresses on which its SMTP greeting has to come after a start, and what it may wait for. */
  readonly greets?: { readonly addresses: readonly string[]; readonly waitsFor: string };
}

/** A daemon of the base system: enabled, running, and started after the last change of any file that it reads. */
export function service(name: string, desired: DesiredService): Resource {
  const id = `service ${name}`;
  return {
    id,
    questions: [serviceState(name, desired.reads)],
    judge(observed, world) {
      const state = observed.get(serviceState(name, desired.reads));
      const { lost, isEnabled, isRunning, isUnstamped, stale } = state;
      if (lost === 'for good')
        throw goneForGood(RC_CONF_LOCAL, RC_CONF_LOCAL, 'restore it from a backup (see /var/backups), or remove it');
      refuseSettings(name, desired, state);
      world.ready(desired.configuration);
      const readsOther = otherConfiguration(desired.configuration, state.startedWith) !== null;
      const gone = lost === 'kept' ? [reason('file-lost', `${RC_CONF_LOCAL} holds only NUL bytes`)] : [];
      const due = desired.reads.filter(path => world.willChange(path));
      const restart: readonly Reason[] = [
        isRunning ? [] : reason('service-stopped', 'not running'),
        isRunning && isUnstamped ? reason('service-unstamped', 'not started by rc.d') : [],
        isRunning && readsOther ? reason('service-stale', `started with ${state.startedWith}`) : [],
        isRunning && stale.length > 0 ? reason('service-stale', `started before ${few(stale)} changed`) : [],
        isRunning && stale.length === 0 && due.length > 0
          ? reason('service-files-change', `${few(due)} will change`)
          : [],
      ].flat();
      const enable = isEnabled ? [] : [reason('service-disabled', 'disabled')];
      if (gone.length === 0 && enable.length === 0 && restart.length === 0) return null;
      return change(
        id,
        [...gone, ...enable, ...restart],
        [
          ...(gone.length > 0 ? [recoverStep] : []),
          ...(enable.length > 0 ? [enableStep(name)] : []),
          ...(restart.length > 0
            ? [...acceptSteps(name, desired), startStep(name, desired, isRunning), ...greetingSteps(name, desired)]
            : []),
        ],
      );
    },
  };
}

/** Another configuration file that these flags name; null where they name none (getopt(3): smtpd.c, httpd.c). */
function otherConfiguration(configuration: string, flags: string): string | null {
  const named = /(?:^|\s)-[dFhnv]*f\s*(\S+)/.exec(flags)?.[1] ?? configuration;
  return named === configuration ? null : named;
}

/** @throws Failure where rc.conf.local(8) starts the daemon so that it could not do what it is for. */
function refuseSettings(
  name: string,
  { configuration, reaches }: DesiredService,
  { flags, table }: ServiceState,
): void {
  refuseCarriageReturn(name, flags + table);
  refuseOtherConfiguration(name, configuration, flags);
  if (reaches !== undefined) refuseOtherTable(name, reaches, table);
}

/** @throws Failure where a line about it ends with CR LF: rc.subr(8) takes the CR for a part of the value, also of NO. */
function refuseCarriageReturn(name: string, settings: string): void {
  if (!settings.includes('\r')) return;
  throw new Failure(
    'rc-conf-unsuitable',
    `a line about ${name} in ${RC_CONF_LOCAL} ends with a carriage return, which ${name} would get as an argument`,
    RC_CONF_LOCAL,
    `remove the carriage returns: cp -p ${RC_CONF_LOCAL} /root && tr -d '\\r' </root/rc.conf.local >${RC_CONF_LOCAL}, and run again`,
  );
}

/** @throws Failure where it reads another file than the one that is written. */
function refuseOtherConfiguration(name: string, configuration: string, flags: string): void {
  const other = otherConfiguration(configuration, flags);
  if (other === null) return;
  throw new Failure(
    'rc-conf-unsuitable',
    `${RC_CONF_LOCAL} starts ${name} with the flags ${flags}: it reads ${other}, not ${configuration}`,
    RC_CONF_LOCAL,
    `remove the option -f (rcctl set ${name} flags) and run again; move ${other} to ${configuration} first if its rules are to be compared`,
  );
}

/** @throws Failure where it would be started in a routing table that has not the routes it needs (rc.subr(8)). */
function refuseOtherTable(name: string, reaches: string, table: string): void {
  if (table === '0') return;
  throw new Failure(
    'rc-conf-unsuitable',
    `${RC_CONF_LOCAL} starts ${name} in routing table ${table}, from which it does not reach ${reaches}: they are in table 0`,
    RC_CONF_LOCAL,
    `rcctl set ${name} rtable 0, and run again; pf.conf(5) can give single connections another table (rtable)`,
  );
}

const RECOVER = `
stage "$1" && kept=$(newest_kept "$1") && cp -p "$1" "$1.mailtun.unfinished" && cat "$kept" >"$1.mailtun.unfinished"
`;

const recoverStep: Step = {
  label: `recovers ${RC_CONF_LOCAL}`,
  ...made(command(RECOVER, RC_CONF_LOCAL), RC_CONF_LOCAL),
};

// rc.subr(8) reads a line that begins with a blank or has capitals; rcctl(8) does not find it, and exits 0.
const ENABLE = `
keep ${RC_CONF_LOCAL} && keep_running service "$1" && _rcctl enable "$1" && sync || exit
_rcctl get "$1" status || complain "rcctl does not enable $1: remove the line of ${RC_CONF_LOCAL} that disables it and is in another form than $1_flags=NO"
`;

const enableStep = (name: string): Step => ({
  label: `enables ${name}`,
  stage: keeping(RC_CONF_LOCAL),
  command: command(ENABLE, name),
});

const acceptSteps = (name: string, { accept }: DesiredService): readonly Step[] =>
  accept ? [{ label: `checks what ${name} reads`, command: command('"$@"', ...accept) }] : [];

// It accepts connections before it answers them.
const GREETED = `
name=$1 what=$2; shift 2
for address; do
  tries=5
  until timeout 4 nc -w 3 "$address" 25 </dev/null 2>/dev/null | grep -q '^220'; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { complain "$name accepts connections on $address but does not answer: $what"; exit 1; }
    sleep 1
  done
done
`;

const greetingSteps = (name: string, { greets }: DesiredService): readonly Step[] =>
  greets ? [{ label: `tests ${name}`, command: command(GREETED, name, greets.waitsFor, ...greets.addresses) }] : [];

const startStep = (name: string, desired: DesiredService, running: boolean): Step => ({
  label: `${running ? 'restarts' : 'starts'} ${name}`,
  command: command(
    restartScript(desired.pauses ?? ''),
    name,
    desired.log,
    String(desired.reads.length),
    ...desired.reads,
    ...desired.listens.flatMap(at => [at.address, String(at.port)]),
  ),
});
