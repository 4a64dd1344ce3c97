/**
 * A shell function: `secret_value LABEL FILE` prints the `user:password` that smtpd(8) of every release has for a label
 * of a file table; nothing where there is none. As table_static.c and table.c read it: blanks at both ends of a line
 * go, `#` begins a comment at the start alone, the key ends at the first blank or colon and knows no upper case, the
 * rest is the value, blanks and all, the last line of a key counts, and a value without a colon is the password of a
 * user called as the label. A colon that stands alone between key and value is skipped up to 7.4 only: no value here.
 * Runs in OpenBSD's awk, so the password is in no argument.
 */
export const SECRET_VALUE = `
secret_value() {
  awk -v label="$1" '
    { sub(/^[[:space:]]+/, ""); sub(/[[:space:]]+$/, "") }
    /^#/ || !match($0, /[ \\t:]/) { next }
    tolower(substr($0, 1, RSTART - 1)) != tolower(label) { next }
    { value = substr($0, RSTART + 1); sub(/^[[:space:]]+/, "", value); at = index(value, ":") }
    { found = at ? value : label ":" value }
    at == 1 || at == length(value) || value == "" { found = "" }
    END { if (found != "") print found }' "$2"
}
`;
