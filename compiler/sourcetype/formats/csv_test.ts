import assert from "node:assert/strict";
import { createParser } from "../mod.ts";
import { shipped } from "../testing/shipped.ts";

const compiled = shipped();
const MODIFIED = Date.UTC(2026, 5, 30);
const batch = (lines: string[]) => ({ input: { modified: MODIFIED }, lines, arrival: MODIFIED });

Deno.test("the first line names the columns; quotes, separators, short and long rows", () => {
  const { events, extractions, extractionIds } = createParser(compiled, "csv")(batch([
    'timestamp;src_ip;user;"a note";action',
    '2026-03-29T00:02:11Z;203.0.113.9;bob;"x; ""y""";denied',
    "2026-03-29T00:02:12Z;203.0.113.9;;",
    "2026-03-29T00:02:13Z;203.0.113.9;eve;n;fail;one more",
    "timestamp;src_ip;user;a note;action",
    "",
    'broken;"quote',
  ]));
  const patterns = extractionIds.reduce<string[]>((out, k) => [...out, extractions[k].pattern], []);
  assert.deepEqual(patterns, ["columns", "row", "row", "row", "columns", "parse_error", "row"]);
  assert.equal(events[1].src, "203.0.113.9");
  assert.equal(events[1].more?.["a note"], 'x; "y"');
  assert.equal(events[1]._time, Date.UTC(2026, 2, 29, 0, 2, 11));
  assert.equal(events[2].user, undefined);
  assert.equal(events[3].action, "failure");
  assert.equal(events[5].parse_error_reason, "Empty line");
});

Deno.test("a line that could be no list of names is none", () => {
  const { events } = createParser(compiled, "csv")(batch(["1,2,3", "a,b"]));
  assert.equal(events[0].parse_error_reason, "No record that csv can read");
  assert.equal(events[1].more?.csv_columns, "a,b");
});

Deno.test("IIS: #Fields may change, comments are events, a checkpoint keeps the columns", () => {
  const parser = createParser(compiled, "iis");
  const first = parser(batch([
    "#Software: Microsoft Internet Information Services 10.0",
    "#Fields: date time cs-method cs-uri-stem cs-username c-ip sc-status",
    "2026-03-29 00:02:11 GET /a - 203.0.113.9 404",
    "#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)",
    "2026-03-29 00:02:12 203.0.113.8 POST /b 200 curl/8",
  ]));
  const [, , get, , post] = first.events;
  assert.equal(get._time, Date.UTC(2026, 2, 29, 0, 2, 11));
  assert.equal(get.src, "203.0.113.9");
  assert.equal(get.user, undefined);
  assert.equal(get.status, 404);
  assert.equal(get.action, "failure");
  assert.equal(post.http_user_agent, "curl/8");
  const state = JSON.parse(JSON.stringify(parser.snapshot()));
  const again = createParser(compiled, "iis");
  again.restore(state);
  const { events } = again(batch(["2026-03-29 00:02:13 203.0.113.7 GET /c 500 x"]));
  assert.equal(events[0].src, "203.0.113.7");
  assert.equal(events[0].status, 500);
});

Deno.test("Zeek: #fields names the columns, connections and logins are in their datasets", () => {
  const of = (fields: string, row: string) => {
    const lines = ["#separator \\x09", `#fields\t${fields}`, row, "#close\t2026-03-29-00-03-00"];
    const { events, extractions, extractionIds } = createParser(compiled, "csv")(batch(lines));
    assert.equal(events[3].more?.csv_comment, "close\t2026-03-29-00-03-00");
    return { event: events[2], datasets: extractions[extractionIds[2]].datasets };
  };
  const ends = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p";
  const values = "1774742531.5\tC1\t203.0.113.9\t51234\t192.0.2.1\t22";
  const connection = of(`${ends}\tproto\tservice\tconn_state`, `${values}\ttcp\t-\tREJ`);
  assert.deepEqual(connection.datasets, ["Network_Traffic"]);
  assert.equal(connection.event._time, Date.UTC(2026, 2, 29, 0, 2, 11, 500));
  assert.equal(connection.event.src, "203.0.113.9");
  assert.equal(connection.event.dest_port, 22);
  assert.equal(connection.event.app, undefined);
  assert.equal(connection.event.action, "blocked");
  const login = of(`${ends}\tversion\tauth_success`, `${values}\t2\tF`);
  assert.deepEqual(login.datasets, ["Authentication"]);
  assert.equal(login.event.action, "failure");
});
