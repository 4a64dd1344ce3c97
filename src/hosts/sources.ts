/** Where secrets and certificates come from, according to the inventory. */

/** Where the password of the inventory is read from. */
export type PasswordSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly words: readonly string[] };

/** Where a relay's public certificates come from. */
export type CertificateSource =
  | { readonly kind: 'self_signed' }
  | {
      readonly kind: 'acme';
      /** `mailto:hostmaster@example.com`. */
      readonly contact: string | null;
      readonly directoryUrl: string;
    }
  | {
      readonly kind: 'files' /** By certificate name, paths on the machine that runs mailtun. */;
      readonly files: Readonly<Record<string, { readonly cert: string; readonly key: string }>>;
    };
