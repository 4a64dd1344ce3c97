/** Shell text for a lab host, or an OpenBSD one: sets its clock so many seconds ahead of what it says now, or back. */
export const clockBy = (seconds: number): string => `date "$(date -r $(($(date +%s) + ${seconds})) +%Y%m%d%H%M.%S)"`;
