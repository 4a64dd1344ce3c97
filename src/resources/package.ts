import { PATIENTLY, packageState } from '../facts/package-state.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { change, type Resource, reason } from '../run/resource.ts';

/** A package that has to be installed. */
interface DesiredPackage {
  /** Stem of its name, as pkg_add(1) takes it. */
  readonly name: string;
  /** One of its programs: if that exists, the package is installed. */
  readonly program: string;
  /** Suitable flavors in order of preference; an empty one is the package without a flavor (packages-specs(7)). */
  readonly flavors: readonly string[];
  /** The key of the inventory that needs it. */
  readonly because: string;
}

const ADD = `${PATIENTLY}
said=$(patiently pkg_add "$2" </dev/null 2>&1) && [ -x "$1" ] && exit
print -r -u2 -- "$said"
complain "pkg_add $2 did not install $1"
`;

/** A package of OpenBSD. mailtun only adds it, and neither updates nor deletes packages. */
export function packageAdded(host: string, desired: DesiredPackage): Resource {
  const id = `package ${desired.name}`;
  const specs = desired.flavors.map(flavor => `${desired.name}--${flavor}`);
  const state = packageState(desired.name, desired.program, specs);
  return {
    id,
    questions: [state],
    judge(observed) {
      const { isThere, spec, said } = observed.get(state);
      if (isThere) return null;
      if (spec === null)
        throw new Failure(
          'package-unavailable',
          `the package ${desired.name} cannot be installed: ${said || 'pkg_add printed nothing'}`,
          host,
          `correct the mirror in /etc/installurl so that "pkg_add -n ${desired.name}" works on ${host}, or remove ${desired.because}`,
        );
      return change(id, reason('package-missing', 'not installed'), [
        // What is staged after it, before anything is renamed, may need it.
        {
          label: `installs the package ${desired.name}`,
          stage: command(ADD, desired.program, spec),
          command: command('[ -x "$1" ]', desired.program),
        },
      ]);
    },
  };
}
