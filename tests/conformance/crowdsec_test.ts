/**
 * How well the shipped sourcetypes read the lines of CrowdSec's parser tests, parser by parser: the
 * source's address, the user, the service and what is said of an HTTP request.
 */
import assert from "node:assert/strict";
import {
  type Compiled,
  createParser,
  type ParsedEvent,
  recognise,
} from "../../compiler/sourcetype/mod.ts";
import type { Extraction, Value } from "../../compiler/schema/types.ts";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import { needs, sharedText, testNeeding } from "../needs.ts";
import { printTable, Share } from "./share.ts";

interface Case {
  readonly log_file: string;
  readonly lines: readonly {
    readonly line_no: number;
    /** False: no parser of that test took the line. */
    readonly parsed_ok?: boolean;
    readonly parser?: string;
    readonly cim?: Readonly<Record<string, string>>;
    readonly meta?: Readonly<Record<string, string>>;
  }[];
}

/** CrowdSec's parsers of formats whose service is known → what `service` says of it, when it is not by the same name. */
const PARSERS: Readonly<Record<string, readonly string[]>> = {
  "crowdsecurity/nginx-logs": [],
  "crowdsecurity/sshd-logs": ["sshd"],
  "crowdsecurity/modsecurity": [],
  "crowdsecurity/dovecot-logs": [],
  "mstilkerich/bind9": ["named"],
  "crowdsecurity/exim-logs": ["exim"],
  "crowdsecurity/supabase-docker-pgsql": [],
  "pserranoa/openvpn": ["openvpn"],
  "crowdsecurity/mariadb-logs": [],
  "crowdsecurity/traefik-logs": [],
  "proftpd-logs": [],
  "crowdsecurity/auditd-logs": [],
  "crowdsecurity/pam-logs": ["sudo"],
  "crowdsecurity/pkexec-logs": [],
  "crowdsecurity/asterisk-logs": ["asterisk"],
  "crowdsecurity/aws-alb": [],
  "crowdsecurity/fortinet-logs": ["fortinet"],
  "crowdsecurity/mssql-text-logs": ["mssql"],
  "crowdsecurity/nextcloud-logs": ["nextcloud"],
  "crowdsecurity/odoo-logs": [],
  "crowdsecurity/pfsense-gui-logs": ["pfsense-gui"],
  "crowdsecurity/smb-logs": [],
  "crowdsecurity/teleport-logs": ["teleport"],
  "barnoux/caddy-coraza": [],
  "cowrie-logs": ["cowrie"],
  "firewall-services/lemonldap-ng-logs": ["lemonldap-ng"],
  "firix/authentik-logs": ["authentik"],
  "fulljackz/proxmox-logs": ["pvedaemon"],
  "fulljackz/pureftpd-logs": ["pure-ftpd"],
  "timokoessler/gitlab-logs": ["gitlab"],
  "timokoessler/mongodb-logs": ["mongodb"],
  "a1ad/mikrotik-logs": ["mikrotik"],
};

const FIELDS = ["src", "user", "http_method", "status", "url", "http_user_agent", "http_referrer"];

/** Whether an event is of the service that CrowdSec names. */
function ofService(
  service: string,
  apps: readonly string[],
  event: ParsedEvent,
  extraction: Extraction,
): boolean {
  // CrowdSec calls access logs and error logs of web servers "http".
  if (service === "tcp_udp") return extraction.datasets.includes("Network_Traffic");
  if (service === "http") {
    return extraction.datasets.includes("Web") || /nginx|httpd|web|elb/.test(String(event.app));
  }
  return apps.length === 0
    ? event.app === service || extraction.sourcetype === service
    : apps.includes(String(event.app));
}

/** The corpus came in parts; each was unseen while what reads the part before it was made. */
const HELPINGS = ["data/logs/crowdsec/", "data/logs/second/crowdsec/"];

/** Assertions that are not held against us, by test, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  kasm: "the address is the first of X-Forwarded-For, which anyone can send",
  "sabnzbd-logs": "the address is the first of X-Forwarded-For, which anyone can send",
};

testNeeding(
  needs.shared(`${HELPINGS[1]}index.tsv`),
  "CrowdSec's parser assertions, of formats with a sourcetype and without",
  () => {
    const compiled = shipped();
    const all = new Share();
    for (const helping of HELPINGS) {
      const shares = new Map<string, Map<string, Share>>();
      const wrong: string[] = [];
      for (const row of sharedText(`${helping}index.tsv`).trim().split("\n").slice(1)) {
        const name = row.split("\t")[0];
        if (NOT_OURS[name] === undefined) {
          measure(compiled, `${helping}tests/${name}/`, shares, wrong);
        }
      }
      const total = print(shares);
      console.log(`all of ${helping} ${total}, ${(100 * total.value).toFixed(1)} %`);
      if (wrong.length > 0) console.log(wrong.join("\n"));
      all.plus(total);
    }
    console.log(`all ${all}, ${(100 * all.value).toFixed(1)} %`);
    assert.ok(all.all > 2000, `only ${all.all} assertions`);
    assert.ok(all.value >= 0.98, `${all}`);
  },
);

function measure(
  compiled: Compiled,
  folder: string,
  shares: Map<string, Map<string, Share>>,
  wrong: string[],
): void {
  const test = JSON.parse(sharedText(`${folder}case.json`)) as Case;
  const asserted = test.lines.filter((l) => l.parsed_ok !== false && l.parser !== undefined);
  if (asserted.length === 0) return;
  const lines = sharedText(folder + test.log_file).split(/\r?\n/);
  const sourcetype = recognise(lines, compiled).sourcetype ?? "syslog";
  const parsed = createParser(compiled, sourcetype, { mixed: true })({
    input: { modified: Date.UTC(2026, 5, 30) },
    lines,
    arrival: Date.UTC(2026, 5, 30),
  });
  for (const { line_no, parser, cim, meta } of asserted) {
    const event = parsed.events[line_no - 1];
    const extraction = parsed.extractions[parsed.extractionIds[line_no - 1]];
    const by = shares.get(parser!) ?? new Map<string, Share>();
    shares.set(parser!, by);
    const add = (field: string, right: boolean, wanted: string, got: unknown) => {
      const share = by.get(field) ?? new Share();
      by.set(field, share);
      share.add(right);
      if (!right) wrong.push(`${parser}: ${field} "${wanted}" is ${JSON.stringify(got)}`);
    };
    for (const [field, wanted] of Object.entries(cim ?? {})) {
      if (!FIELDS.includes(field)) continue;
      const got = event[field] as Value;
      add(field, String(got ?? "") === plain(wanted), wanted, got);
    }
    const service = meta?.service;
    const apps = PARSERS[parser!];
    if (service !== undefined && apps !== undefined) {
      add("service", ofService(service, apps, event, extraction), service, event.app);
    }
  }
}

/** "-" stands for none in access logs, "undefined" in CouchDB's; quotes are no part of a name, and an IPv4 address in an IPv6 socket's form is stored as itself. */
function plain(wanted: string): string {
  if (wanted === "-" || wanted === "undefined") return "";
  return wanted.replace(/^::ffff:(?=[\d.]+$)/, "").replace(/^'(.*)'$/, "$1");
}

/** Prints a row a parser; gives the sum. */
function print(shares: ReadonlyMap<string, ReadonlyMap<string, Share>>): Share {
  const total = new Share();
  const columns = ["src", "user", "service", "http"];
  const rows: unknown[][] = [["parser", ...columns]];
  for (const [parser, by] of [...shares].sort()) {
    const row = columns.map((c) => {
      const out = new Share();
      for (const [field, share] of by) {
        if (c === (columns.includes(field) ? field : "http")) out.plus(share);
      }
      total.plus(out);
      return out;
    });
    rows.push([parser, ...row]);
  }
  printTable(rows);
  return total;
}
