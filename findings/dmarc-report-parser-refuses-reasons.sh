#!/bin/sh
# dmarc-report-parser (npm) refuses a DMARC report, and all others with it, if one record says why a policy was not applied.
#
# One would guess: it reads `<reason>` (RFC 7489, appendix C), which reporters write where mail was forwarded or came from a
# list: its types name the six kinds of reason; and a report that it can't read leaves the other ones alone.
# It is: any `<reason>` is "received array", an error, whatever is in it, since its own reader of XML gives an array for each
# element. parseDmarcReportsFromXml(), which takes many reports, then returns none of them.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts dmarc-report-parser@0.1.5 >/dev/null
cat >run.cjs <<'JS'
const { parseDmarcReportsFromXml } = require('dmarc-report-parser');
const report = (id, reason) => `<?xml version="1.0"?>
<feedback>
  <report_metadata>
    <org_name>example.net</org_name><email>dmarc@example.net</email><report_id>${id}</report_id>
    <date_range><begin>1795824000</begin><end>1795910399</end></date_range>
  </report_metadata>
  <policy_published><domain>example.com</domain><p>reject</p><sp>reject</sp><pct>100</pct></policy_published>
  <record>
    <row>
      <source_ip>192.0.2.1</source_ip><count>3</count>
      <policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf>${reason}</policy_evaluated>
    </row>
    <identifiers><header_from>example.com</header_from></identifiers>
    <auth_results><spf><domain>lists.example.org</domain><result>pass</result></spf></auth_results>
  </record>
</feedback>`;
const plain = report('1', '');
const kinds = ['forwarded', 'sampled_out', 'trusted_forwarder', 'mailing_list', 'local_policy', 'other'];
const told = reports =>
  parseDmarcReportsFromXml(reports).then(
    ({ totalReports }) => `${totalReports} read`,
    error => JSON.parse(error.message).map(({ path, message }) => `${path.at(-2)} ${path.at(-1)}: ${message.replace(/.*, /, '')}`).join(),
  );
const main = async () => {
  console.log(`without a reason: ${await told([plain])}`);
  for (const kind of kinds) console.log(`${kind}: ${await told([report('2', `<reason><type>${kind}</type></reason>`)])}`);
  console.log(`three reports, one of them with a reason: ${await told([plain, report('2', '<reason><type>mailing_list</type></reason>'), plain])}`);
};
main();
JS
echo "dmarc-report-parser $(node -p "JSON.parse(require('fs').readFileSync('node_modules/dmarc-report-parser/package.json')).version")" >&2
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'without a reason: 1 read
forwarded: 0 type: received array
sampled_out: 0 type: received array
trusted_forwarder: 0 type: received array
mailing_list: 0 type: received array
local_policy: 0 type: received array
other: 0 type: received array
three reports, one of them with a reason: 0 type: received array' ] || { echo 'changed' >&2; exit 1; }
