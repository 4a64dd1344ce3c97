/** What smtp(1) says with -nv (facts 5.6, recordings): its exit status tells nothing. */

export type SmtpProbe =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unknown' };

export function parseSmtpProbe(text: string): SmtpProbe {
  const failure = /^(?:connection error|protocol error|missing feature|rejected by server|internal error): (.+)$/m.exec(
    text,
  );
  if (failure) return { kind: 'failed', reason: failure[1]?.trim() ?? '' };
  return text.includes('connection ready...') ? { kind: 'ready' } : { kind: 'unknown' };
}
