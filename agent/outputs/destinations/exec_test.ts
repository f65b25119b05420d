import assert from "node:assert/strict";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { SettingError } from "./destination.ts";
import { exec } from "./exec.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;
const BASH = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/opt/homebrew/bin/bash"].find(
  (path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  },
) ?? "/bin/bash";

const make = (...command: string[]) => exec.make(settingsOf(exec, { command }), contextOf());
const script = (text: string, ...args: string[]) => make(BASH, "-c", text, "notify", ...args);

if (!needs.bash.missing) {
  destinationSuite({
    name: "exec",
    async open() {
      const folder = await Deno.makeTempDir();
      const path = `${folder}/received`;
      // The mode is a file, which the program reads as a receiver's state.
      const text = `
        case "$(cat "$1/mode" 2>/dev/null)" in
          busy) echo "later" >&2; exit 75;;
          gone) echo "no such channel" >&2; exit 69;;
          hang) exec sleep 60;;
        esac
        IFS= read -r line; printf '%s\\n' "$line" >> "$1/received"`;
      return {
        destination: await script(text, folder),
        received: async () =>
          (await Deno.readTextFile(path).catch(() => "")).split("\n").filter(Boolean),
        mode: (to) => Deno.writeTextFileSync(`${folder}/mode`, to),
        end: () => Deno.remove(folder, { recursive: true }),
      };
    },
    modes: ["busy", "gone", "hang"],
    inert: (delivery) => void JSON.parse(delivery),
  });
}

testNeeding(needs.bash, "exec: arguments are passed as they are, no shell reads them", async () => {
  const folder = await Deno.makeTempDir();
  const odd = "$(touch x) `touch y`; touch z && * ? \n'\"";
  const destination = await script('printf %s "$2" > "$1/argument"', folder, odd);
  const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
  assert.deepEqual(outcome, { state: "delivered" });
  assert.equal(await Deno.readTextFile(`${folder}/argument`), odd);
  await Deno.remove(folder, { recursive: true });
});

testNeeding(
  needs.bash,
  "exec: the environment holds three variables, none of the agent's",
  async () => {
    const folder = await Deno.makeTempDir();
    Deno.env.set("PICKET_SECRET_OF_TEST", "s3cr3t");
    try {
      const destination = await script('export -p > "$1/env"', folder);
      await destination.deliver(notificationOf([richAlert()], { key: "k1" }), forever());
    } finally {
      Deno.env.delete("PICKET_SECRET_OF_TEST");
    }
    const env = await Deno.readTextFile(`${folder}/env`);
    assert.doesNotMatch(env, /s3cr3t/);
    assert.match(env, /PICKET_KEY="k1"/);
    assert.match(env, /PICKET_EVENT="opened"/);
    await Deno.remove(folder, { recursive: true });
  },
);

testNeeding(
  needs.bash,
  "exec: output is bounded, and a program that does not read is no error",
  async () => {
    const loud = await script("head -c 5000000 /dev/zero | tr '\\0' x >&2; exit 1");
    const outcome = await loud.deliver(notificationOf([richAlert()]), forever());
    assert.equal(outcome.state, "retry");
    assert.ok((outcome as { reason: string }).reason.length < 400);
    const long = richAlert("1", { message: "x".repeat(500_000) });
    const deaf = await script("exit 0");
    assert.deepEqual(await deaf.deliver(notificationOf([long]), forever()), { state: "delivered" });
    // A child of the program's own holds its pipes for a minute; nobody waits for it.
    const leaves = await script("sleep 60 & echo said >&2; exit 2");
    const before = performance.now();
    assert.deepEqual(await leaves.deliver(notificationOf([richAlert()]), forever()), {
      state: "retry",
      reason: `The program "${BASH}" ended with code 2: said`,
    });
    assert.ok(performance.now() - before < 5000);
  },
);

Deno.test("exec: programs that are not there or no absolute path are told", async () => {
  for (const command of [[], ["notify"], ["./notify"], ["/bin/x", "a\0b"]]) {
    await assert.rejects(
      async () => await make(...command),
      (error) => error instanceof SettingError && error.setting === "command",
    );
  }
  const destination = await make("/nothing/here");
  assert.deepEqual(await destination.deliver(notificationOf([richAlert()]), forever()), {
    state: "rejected",
    reason: 'The program "/nothing/here" does not exist',
  });
});
