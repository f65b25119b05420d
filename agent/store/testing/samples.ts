/** Extractions, lines and alerts for the tests of stores. */
import type { Alert, Event, EventBatch } from "../../event.ts";
import type { Extraction } from "../../../compiler/schema/types.ts";
import { InputHandle } from "../../input.ts";

export const T0 = Date.UTC(2026, 2, 29, 0, 2, 15);

/** Three extractions as sourcetypes give them: fixed fields, all kinds of captures, and an open one. */
export const EXTRACTIONS: readonly Extraction[] = [
  {
    id: 0,
    sourcetype: "linux_secure",
    pattern: "failed password",
    datasets: ["Authentication"],
    constants: { action: "failure", app: "sshd", authentication_method: "password" },
    captures: [
      { name: "src", type: "host", always: true },
      { name: "user", type: "string", always: false },
      { name: "src_port", type: "int", always: false },
    ],
    open: false,
    parseError: false,
  },
  {
    id: 1,
    sourcetype: "linux_secure",
    pattern: "parse_error",
    datasets: [],
    constants: {},
    captures: [],
    open: false,
    parseError: true,
  },
  {
    id: 2,
    sourcetype: "app_json",
    pattern: "json",
    datasets: ["Network_Traffic", "Web"],
    constants: {},
    captures: [
      { name: "dest_port", type: "int", always: false },
      { name: "bytes_out", type: "int", always: false },
      { name: "tags", type: { list: "string" }, always: false },
    ],
    open: true,
    parseError: false,
  },
];

export interface Line {
  readonly raw: string;
  readonly kind: number;
  readonly time?: number;
  readonly fields?: Record<string, Event[string]>;
  readonly more?: Event["more"];
}

/** A batch as the parser hands it on, beginning at byte `at` of the input. */
export function batchOf(
  lines: readonly Line[],
  { identity = "00112233445566aa", at = 0, name = "auth.log" } = {},
): EventBatch {
  const offsets: number[] = [];
  for (const { raw } of lines) {
    offsets.push(at);
    at += new TextEncoder().encode(raw).length + 1;
  }
  const input = new InputHandle({
    name,
    identity,
    modified: T0,
  });
  return {
    lines: { input, lines: lines.map((l) => l.raw), arrival: T0 + 5, offset: (i) => offsets[i] },
    events: lines.map((l, i) => ({
      _raw: l.raw,
      _time: l.time ?? T0 + i * 1000,
      host: "web1",
      _time_from: undefined,
      more: l.more ?? null,
      ...l.fields,
    })),
    extractionIds: Uint16Array.from(lines, (l) => l.kind),
    extractions: EXTRACTIONS,
    lineOf: (i) => i,
  };
}

export function failures(n: number): Line[] {
  return Array.from({ length: n }, (_, i) => ({
    raw: `Failed password for root from 203.0.113.${i % 9} port ${i} ssh2`,
    kind: 0,
    fields: { src: `203.0.113.${i % 9}`, user: i % 2 ? "root" : "admin", src_port: i },
  }));
}

export function alertOf(id: string, change: Partial<Alert> = {}): Alert {
  return {
    id: id.repeat(32),
    rule: "ssh_brute_force",
    planHash: "p1",
    title: "SSH brute force",
    severity: "high",
    status: "open",
    time: T0,
    first: T0,
    last: T0 + 4000,
    count: 5,
    suppressed: 0,
    entity: { src: "203.0.113.9" },
    fields: { src: "203.0.113.9", failures: 5, users: ["root"] },
    mitre: [{ id: "T1110.001", name: "Password Guessing", tactics: ["Credential Access"] }],
    context: {
      assets: [{ field: "src", value: "10.0.0.1", kind: "asset", name: "db1", priority: "high" }],
      raised: { from: "low", to: "medium", because: "asset db1, priority high" },
    },
    metadata: {
      id: "5f113a8f-8b61-41ca-b90f-d374fa7e4a39",
      status: "test",
      author: "Zoë",
      references: ["https://example.com/"],
      tags: ["attack.t1110.001"],
    },
    message: "5 failed logins",
    eventIds: [],
    ...change,
  };
}
