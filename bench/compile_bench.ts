/** What compiling rules costs: `deno bench bench/compile_bench.ts`. */
import { createEngine } from "../agent/engine/engine.ts";
import { check } from "../compiler/check/mod.ts";
import { compileSourcetypes } from "../compiler/sourcetype/compile/compile.ts";
import { parse } from "../grammar/mod.ts";
import lists from "../rules/lists.sdl" with { type: "text" };
import { YAML } from "./shipped.gen.ts";

const { catalogue } = compileSourcetypes(YAML);
const rule = (name: string) =>
  `rule ${name} {
  title    "Failures of one source"
  severity if(users > 20, critical, high)
  mitre    T1110.001
  param    threshold: int = 5

  from Authentication where app == "sshd"
                        and action == "failure"
                        and src not in @trusted
                        and not (user in ("probe", "monitor"))
                        and _raw contains any ("password", "none", "keyboard")
  | eval night = not in_hours(_time, "08:00-18:00 mon-fri", "UTC")
  | stats count() as failures, dc(user) as users, values(user) as tried by src, dest over 1m
  | where failures >= threshold
  | throttle 1h by src
  | alert "{failures} failed logins from {src} on {dest}: {tried}"

  test "five fire" {
    at 0s repeat 5 every 1s {
      app: "sshd", action: "failure", src: 203.0.113.9, dest: "h1", user: "u{n}", _raw: "password"
    }
    expect 1 alert at 4s { failures: 5 }
  }
  test "four do not" {
    at 0s repeat 4 every 1s {
      app: "sshd", action: "failure", src: 203.0.113.9, dest: "h1", user: "u{n}", _raw: "password"
    }
    expect none
  }
}
`;
const thousand = Array.from({ length: 1000 }, (_, i) => rule(`rule_${i}`)).join("\n");

function compile(text: string, rules: number) {
  const files = [parse(lists, "lists.sdl"), parse(text, "rules.sdl")];
  const checked = check(files.map((f) => f.file), { catalogue });
  const errors = [...files.flatMap((f) => f.diagnostics), ...checked.diagnostics]
    .filter((d) => d.level === "error");
  if (errors.length || checked.program.rules.length !== rules) {
    throw new Error(errors[0]?.message ?? "rules are missing");
  }
  return checked.program;
}

Deno.bench("parse and check a rule of 32 lines", () => void compile(rule("one"), 1));
Deno.bench("parse and check 1,000 rules", { n: 5, warmup: 1 }, () => void compile(thousand, 1000));
Deno.bench("1,000 rules to a running engine", { n: 5, warmup: 1 }, () => {
  createEngine(compile(thousand, 1000), catalogue);
});
