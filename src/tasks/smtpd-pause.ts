/**
 * Before a restart smtpd(8) hands nothing more over and finishes what is under way: one that is stopped between the next
 * hop's answer and its own note of it hands that mail over again (RFC 1047). The pause is kept in memory alone, so it ends
 * with the process (scheduler.c). What takes longer, or smtpctl(8) that gets no answer, is not waited for.
 */
export const PAUSE = `
pause() {
  local tries=20
  timeout 2 smtpctl pause mta >/dev/null 2>&1 && timeout 2 smtpctl pause mda >/dev/null 2>&1 || return 0
  while [ $tries -gt 0 ]; do
    timeout 2 smtpctl show stats 2>/dev/null | grep -Eq '^(mta\\.task|mda)\\.running=[1-9]' || return 0
    sleep 0.1
    tries=$((tries - 1))
  done
}
resume() { timeout 2 smtpctl resume mta; timeout 2 smtpctl resume mda; } >/dev/null 2>&1
`;
