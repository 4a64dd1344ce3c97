/** Whether smtpd(8) can read what is queued with the options of its configuration. */
import { UNREAD_IN_QUEUE } from '../facts/queue-form.ts';

/** For `sh -c`: exit status 1 where smtpd refuses its configuration, or would not read what is queued, which is reported. */
export const READS_QUEUE = `
smtpd -n || exit
${UNREAD_IN_QUEUE}
said=$(unread)
[ -z "$said" ] && exit
print -ru2 -- "mail is queued in \${said#* } files, which smtpd would not read with the queue options of its configuration: undo their change, or deliver the mail first"
exit 1
`;
