/** Files that mix formats, formats inside others' messages, and lines inside records. */
import assert from "node:assert/strict";
import { compileSourcetypes } from "./compile.ts";
import { createParser } from "../mod.ts";
import { shipped } from "../testing/shipped.ts";

const compiled = shipped();
const MODIFIED = Date.UTC(2026, 5, 30);

const SSHD =
  "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.9 port 4 ssh2";
const WEB = '198.51.100.7 - - [29/Mar/2026:00:02:12 +0000] "GET /a HTTP/1.1" 404 5 "-" "curl/8"';
const JSON_LINE = '{"time":"2026-03-29T00:02:13Z","level":"warn","msg":"x","src_ip":"192.0.2.7"}';
const EXIM =
  "2026-03-29 00:02:14 login authenticator failed for h [203.0.113.8]: 535 Incorrect authentication data";
const UNKNOWN = "no format at all";

function parse(sourcetype: string, lines: readonly string[], mixed = true) {
  const parser = createParser(compiled, sourcetype, { mixed });
  const parsed = parser({ input: { modified: MODIFIED }, lines, arrival: MODIFIED });
  const of = (i: number) => {
    const { sourcetype, pattern } = parsed.extractions[parsed.extractionIds[i]];
    return `${sourcetype}/${pattern}`;
  };
  return { parser, parsed, of, all: lines.map((_, i) => of(i)) };
}

Deno.test("each line of a file that mixes formats is read as what it is, whatever the file begins with", () => {
  const lines = [SSHD, WEB, JSON_LINE, EXIM, UNKNOWN, ""];
  for (const sourcetype of ["linux_secure", "syslog", "json", "access_combined", "logfmt"]) {
    const { all, parsed, parser } = parse(sourcetype, lines);
    assert.deepEqual(all.slice(0, 4), [
      "linux_secure/ssh_failed",
      "access_combined/request",
      "json/record",
      "exim/auth_failed",
    ], sourcetype);
    assert.equal(parsed.events[4].parse_error_reason !== undefined, true);
    assert.equal(parsed.events[5].parse_error_reason, "Empty line");
    parsed.events.forEach((e, i) => assert.equal(e._raw, lines[i]));
    assert.equal(parsed.events[1]._time, Date.UTC(2026, 2, 29, 0, 2, 12));
    assert.equal(parsed.events[3].src, "203.0.113.8");
    assert.ok(parser.others().size > 0);
  }
});

Deno.test("a sourcetype that the user named is the only one", () => {
  const { all, parser } = parse("linux_secure", [SSHD, WEB, JSON_LINE], false);
  assert.deepEqual(all, [
    "linux_secure/ssh_failed",
    "linux_secure/parse_error",
    "linux_secure/parse_error",
  ]);
  assert.equal(parser.others().size, 0);
});

Deno.test("a format in a message of syslog is read, with what the header says beside it", () => {
  const { parsed, all } = parse("syslog", [
    `<13>Mar 29 00:02:20 web1 nginx[77]: ${WEB}`,
    `Mar 29 00:02:21 app1 billing[78]: ${JSON_LINE}`,
    'Mar 29 00:02:22 app1 k3s[79]: time="2026-03-29T00:02:22Z" level=info msg="ready" user=bob',
  ]);
  assert.deepEqual(all, ["access_combined/request", "json/record", "logfmt/pairs"]);
  const [web, json, pairs] = parsed.events;
  assert.equal(web.host, "web1");
  assert.equal(web.src, "198.51.100.7");
  assert.equal(web._time, Date.UTC(2026, 2, 29, 0, 2, 12));
  assert.equal(web.more?.process_name, "nginx");
  assert.equal(web.more?.process_id, 77);
  assert.equal(web.more?.facility, "user");
  assert.equal(json.host, "app1");
  assert.equal(json.more?.process_name, "billing");
  assert.equal(json.more?.level, "warn");
  assert.equal(pairs.user, "bob");
});

Deno.test("what a program writes is never read as another program's line", () => {
  const { all } = parse("syslog", [
    `Mar 29 00:02:20 web1 guestbook[7]: ${SSHD}`,
    "Mar 29 00:02:20 web1 guestbook[7]: sshd[911]: Failed password for root from 203.0.113.9 port 4 ssh2",
    `Mar 29 00:02:20 web1 guestbook[7]: ${EXIM}`,
  ]);
  // A time at the beginning is what many programs write themselves: their words count, as words.
  assert.deepEqual(all, ["syslog/message", "syslog/message", "general/login_failed"]);
});

Deno.test("lines of containers are read as what they are inside", () => {
  const { parsed, all } = parse("container", [
    `2026-03-29T00:02:30.123456789Z stdout F ${WEB}`,
    "2026-03-29T00:02:31.123456789Z stderr F [Sun Mar 29 00:02:31.2 2026] [auth_basic:error] [pid 1] [client 203.0.113.9:51386] AH01618: user bob not found: /x",
    `web_1  | ${JSON_LINE}`,
    "2026-03-29T00:02:32.123456789Z stdout F ready",
    `web_1  | {"log":"${SSHD}\\n","stream":"stdout","time":"2026-03-29T00:02:33Z"}`,
  ]);
  assert.deepEqual(all, [
    "access_combined/request",
    "apache_error/user_not_found",
    "json/record",
    "container/container_message",
    "linux_secure/ssh_failed",
  ]);
  assert.equal(parsed.events[1].user, "bob");
  assert.equal(parsed.events[3]._time, Date.UTC(2026, 2, 29, 0, 2, 32, 123));
  assert.equal(parsed.events[4].src, "203.0.113.9");
});

Deno.test("after many lines of another sourcetype that one is tried first; a checkpoint keeps it", () => {
  const lines = [SSHD, ...Array<string>(200).fill(WEB), SSHD, UNKNOWN];
  const { parser, all } = parse("linux_secure", lines);
  assert.deepEqual(new Set(all.slice(1, 201)), new Set(["access_combined/request"]));
  assert.equal(all[201], "linux_secure/ssh_failed");
  assert.match(all[202], /parse_error$/);
  const state = JSON.parse(JSON.stringify(parser.snapshot()));
  assert.equal(state.first, "access_combined");
  const again = createParser(compiled, "linux_secure", { mixed: true });
  again.restore(state);
  const parsed = again({ input: { modified: MODIFIED }, lines: [WEB, SSHD], arrival: MODIFIED });
  assert.equal(parsed.extractions[parsed.extractionIds[1]].pattern, "ssh_failed");
  assert.deepEqual(again.snapshot().first, "access_combined");
});

Deno.test("lines in lines in lines end", () => {
  let line = SSHD;
  for (let i = 0; i < 6; i++) {
    line = JSON.stringify({ log: line, stream: "stdout", time: "2026-03-29T00:02:33Z" });
  }
  const { all } = parse("json", [line]);
  assert.deepEqual(all, ["json/container_log"]);
});

Deno.test("a pattern whose group minds no case is tried on either", () => {
  const text = `
name: loud
summary: Test
patterns:
  - name: login
    regex: '(?i:LOGIN) (?<user>\\w+)$'
`;
  const own = compileSourcetypes([{ name: "loud.yaml", text }]);
  assert.deepEqual(own.diagnostics, []);
  const { events } = createParser(own, "loud")({
    input: { modified: MODIFIED },
    lines: ["login bob", "LOGIN eve", "x"],
    arrival: MODIFIED,
  });
  assert.deepEqual(events.map((e) => e.user), ["bob", "eve", undefined]);
});

const docker = (log: string, stream = "stdout") =>
  JSON.stringify({ log, stream, time: "2026-03-29T00:02:12.000000001Z" });

Deno.test("pieces of a line are joined by stream, Docker's and CRI's", () => {
  const line =
    '198.51.100.7 - - [29/Mar/2026:00:02:12 +0000] "GET /a?q=UNION%20SELECT HTTP/1.1" 200 5';
  const parts = [line.slice(0, 60), line.slice(60, 70), line.slice(70)];
  const cri = (flag: string, text: string, stream = "stdout") =>
    `2026-03-29T00:02:12.000000001Z ${stream} ${flag} ${text}`;
  for (
    const [sourcetype, lines] of [
      ["json", [
        docker(parts[0]),
        docker("error\n", "stderr"),
        docker(parts[1]),
        docker(`${parts[2]}\n`),
      ]],
      ["container", [
        cri("P", parts[0]),
        cri("F", "error", "stderr"),
        cri("P", parts[1]),
        cri("F", parts[2]),
      ]],
    ] as const
  ) {
    const { parsed, all } = parse(sourcetype, lines);
    assert.equal(all.filter((p) => p.startsWith("access_combined/")).length, 1, all.join());
    assert.equal(parsed.events[3].url, "/a?q=UNION%20SELECT");
    assert.equal(parsed.events[3].src, "198.51.100.7");
    // A run that was cut between the pieces goes on with what it held.
    const first = createParser(compiled, sourcetype, { mixed: true });
    first({ input: { modified: MODIFIED }, lines: lines.slice(0, 3), arrival: MODIFIED });
    const second = createParser(compiled, sourcetype, { mixed: true });
    second.restore(JSON.parse(JSON.stringify(first.snapshot())));
    const rest = second({
      input: { modified: MODIFIED },
      lines: lines.slice(3),
      arrival: MODIFIED,
    });
    assert.equal(rest.events[0].url, "/a?q=UNION%20SELECT");
  }
});

Deno.test("a line in pieces that grows without end is dropped, its end is no line of its own", () => {
  const long = "x".repeat(1 << 19);
  const forged = '192.0.2.9 - - [29/Mar/2026:00:02:12 +0000] "GET / HTTP/1.1" 200 5\n';
  const { parsed, all } = parse("json", [
    docker(long),
    docker(long),
    docker("x"),
    docker(forged),
    docker(forged),
  ]);
  assert.deepEqual(all.slice(0, 4), new Array(4).fill("json/container_log"));
  assert.equal(parsed.events[2].more!.pieces_dropped, true);
  assert.equal(parsed.events[3].more!.pieces_dropped, true);
  assert.equal(parsed.events[3].src, undefined);
  assert.equal(all[4], "access_combined/request");
});

Deno.test("a record without a line feed that Docker did not write is a line", () => {
  const record = JSON.stringify({ log: WEB, stream: "stdout", kubernetes: { host: "node1" } });
  assert.deepEqual(
    parse("json", [record, record]).all,
    new Array(2).fill("access_combined/request"),
  );
});
