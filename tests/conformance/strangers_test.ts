/**
 * Lines of some two hundred services that no sourcetype names (strangers.txt), read as a file of each alone
 * would be: who it was, which account, what came of it. And innocent lines that use the same words.
 */
import assert from "node:assert/strict";
import { load } from "../../agent/content/load.ts";
import { createParser, recognise } from "../../compiler/sourcetype/mod.ts";
import { printTable, Share } from "./share.ts";

/** Least shares that are read right. */
const SOURCE = 0.95, ACCOUNT = 0.92, OUTCOME = 0.97, TIME = 0.99;
const ARRIVAL = Date.UTC(2026, 3, 1);

interface Stranger {
  readonly name: string;
  readonly src: string;
  readonly user: string;
  readonly outcome: string;
  readonly timed: boolean;
  readonly line: string;
}

function strangers(): Stranger[] {
  const text = Deno.readTextFileSync(new URL("strangers.txt", import.meta.url));
  return [...text.matchAll(/^## (.*)\n(.*)$/gm)].map(([, head, line]) => {
    const [name, src, user, outcome] = head.split("|").map((part) => part.trim());
    return {
      ...{ name, src, user, line },
      outcome: outcome.replace(" untimed", ""),
      timed: !outcome.endsWith("untimed"),
    };
  });
}

const { sourcetypes } = await load({ rules: [], sourcetypes: [] });

/** What is made of a line: its event, and its outcome in the words of the list. */
function read(line: string) {
  const sourcetype = recognise([line], sourcetypes).sourcetype ?? "syslog";
  const { events, extractions, extractionIds } = createParser(sourcetypes, sourcetype, {
    mixed: true,
    tz: "UTC",
  })({ input: { modified: ARRIVAL }, lines: [line], arrival: ARRIVAL });
  const event = events[0];
  const { datasets, pattern } = extractions[extractionIds[0]];
  const outcome = datasets.includes("Authentication")
    ? String(event.action)
    : datasets.includes("Web")
    ? ["web", event.status].filter((v) => v !== undefined).join(" ")
    : event.action === "blocked"
    ? "blocked"
    : "none";
  return { event, outcome, pattern };
}

function fits(wanted: string, found: unknown): boolean {
  if (wanted === "?") return true;
  if (wanted === "-") return found === undefined;
  return String(found) === wanted || String(found).startsWith(`${wanted}@`);
}

Deno.test("services that no sourcetype names are read by their words", () => {
  const [src, user, outcome, time] = [new Share(), new Share(), new Share(), new Share()];
  const wrong: string[] = [];
  const invented: string[] = [];
  for (const want of strangers()) {
    const found = read(want.line);
    const { event } = found;
    const right = {
      source: fits(want.src, event.src),
      account: fits(want.user, event.user) || want.user === "-" && found.outcome === "none",
      outcome: found.outcome === want.outcome,
      time: new Date(event._time).toISOString().startsWith("2026-03-29T10:15:0"),
    };
    src.add(right.source);
    user.add(right.account);
    outcome.add(right.outcome);
    if (want.timed) time.add(right.time);
    else right.time = true;
    const text = `${want.name}: ${found.pattern}, ${event.src} ${event.user} ${found.outcome}`;
    if (Object.values(right).includes(false)) wrong.push(`${text}\n    ${want.line}`);
    const other = event.src !== undefined && !["-", "?"].includes(want.src) && !right.source;
    const accused = ["failure", "blocked", "success"].includes(found.outcome) &&
      !right.outcome && found.outcome !== want.outcome;
    if (other || accused) invented.push(text);
  }
  printTable([["source", "account", "outcome", "time"], [src, user, outcome, time]]);
  console.log(wrong.join("\n"));
  assert.ok(src.all >= 290, `only ${src.all} lines`);
  assert.deepEqual(invented, [], "said of the wrong one, or of nobody");
  assert.ok(src.value >= SOURCE, `source ${src}`);
  assert.ok(user.value >= ACCOUNT, `account ${user}`);
  assert.ok(outcome.value >= OUTCOME, `outcome ${outcome}`);
  assert.ok(time.value >= TIME, `time ${time}`);
});
