import assert from "node:assert/strict";
import { Printer, type PrinterOptions } from "./printer.ts";
import { sinksFor } from "./sinks.ts";
import { closed, sampleAlert, sinkSuite } from "./testing/suite.ts";

function printer(options: Partial<PrinterOptions> = {}) {
  let text = "", failing = false;
  const sink = new Printer({
    format: "ndjson",
    color: false,
    updates: false,
    out(part) {
      if (failing) throw new Error("No space left");
      text += part;
    },
    ...options,
  });
  return { sink, received: () => text, fail: () => void (failing = true) };
}
const users = (text: string) =>
  text.trim().split("\n").filter(Boolean).map((l) => JSON.parse(l).entity.user);

for (const format of ["text", "ndjson"] as const) {
  sinkSuite({ name: `stdout as ${format}`, open: () => printer({ format }) });
}

Deno.test("a closed alert is one line of JSON with the value exact and the bytes inert", () => {
  const { sink, received } = printer();
  sink.write({ alerts: [closed(sampleAlert("1", "ad\u202enimda\0"))], health: [], live: false });
  assert.match(received(), /"entity":\{"user":"ad\\u202enimda\\u0000"\}/);
  assert.deepEqual(users(received()), ["ad\u202enimda\0"]);
});

Deno.test("on text, hidden characters of a message are written out", () => {
  const { sink, received } = printer({ format: "text" });
  sink.write({ alerts: [closed(sampleAlert("1", "a\0b\u061c"))], health: [], live: false });
  assert.equal(
    received(),
    "2026-03-29 00:02:15Z  HIGH      login  Login of a\\x00b\\u{61c}  (1 event)\n",
  );
});

Deno.test("alerts wait for their end until the input is live, then come as they open, once", () => {
  const { sink, received } = printer();
  const change = (change: "open" | "update" | "close", id: string) => ({
    change,
    alert: sampleAlert(id, id),
  });
  sink.write({ alerts: [change("open", "a"), change("open", "b")], health: [], live: false });
  assert.equal(received(), "");
  sink.write({ alerts: [change("close", "b")], health: [], live: false });
  assert.deepEqual(users(received()), ["b"]);
  sink.write({ alerts: [], health: [], live: true });
  assert.deepEqual(users(received()), ["b", "a"]);
  sink.write({ alerts: [change("open", "c"), change("close", "a")], health: [], live: true });
  assert.deepEqual(users(received()), ["b", "a", "c"]);
});

Deno.test("with updates every change is a line that names it", () => {
  const { sink, received } = printer({ updates: true });
  const alert = sampleAlert("a", "root");
  sink.write({
    alerts: [{ change: "open", alert }, { change: "close", alert }],
    health: [],
    live: false,
  });
  sink.close();
  assert.deepEqual(received().trim().split("\n").map((l) => JSON.parse(l).change), [
    "open",
    "close",
  ]);
});

Deno.test("stdout is text on a terminal and NDJSON elsewhere, unless --format says", () => {
  const printed = (outIsTerminal: boolean, format?: string) => {
    let text = "";
    const sinks = sinksFor({
      get: (option) => option === "format" ? format : undefined,
      flag: () => false,
      out: (part) => text += part,
      outIsTerminal,
      color: false,
    });
    assert.deepEqual(sinks.map((s) => s.name), ["stdout"]);
    sinks[0].write({ alerts: [closed(sampleAlert("1", "root"))], health: [], live: false });
    return text[0];
  };
  assert.equal(printed(true), "2");
  assert.equal(printed(false), "{");
  assert.equal(printed(true, "ndjson"), "{");
  assert.equal(printed(false, "text"), "2");
});

Deno.test("alerts that end together are printed in pieces, none missing or cut", () => {
  const parts: string[] = [];
  const { sink } = printer({ out: (part) => parts.push(part) });
  const names = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(1000, "x"));
  const alerts = names.map((user, i) => closed(sampleAlert(`${i}`, user)));
  sink.write({ alerts, health: [], live: false });
  assert.ok(parts.length > 3);
  for (const part of parts) {
    assert.ok(part.length < 65_536 + 4000, `${part.length} characters`);
    assert.ok(part.endsWith("\n"));
  }
  assert.deepEqual(users(parts.join("")), names);
});
