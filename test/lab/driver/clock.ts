/** Shell text for a lab host, or an OpenBSD one: sets its clock so many seconds ahead of what it says now, or back. */
export const clockBy = (seconds: number): string => `date "$(date -r $(($(date +%s) + ${seconds})) +%Y%m%d%H%M.%S)"`;

/** Shell text that looks every half second, 200 times at most, until the last command of a line exits 0; else it exits 1. */
export const until = (line: string): string =>
  `tries=200; until ${line}; do [ $tries -gt 0 ] || exit 1; sleep 0.5; tries=$((tries - 1)); done`;
