/** The examples of destinations/README.md are read and set up as they stand there. */
import assert from "node:assert/strict";
import { DESTINATIONS } from "../outputs/destinations/destinations.ts";
import { openSinks } from "../outputs/delivery/open_sinks.ts";
import { readSettings } from "./settings.ts";

const README = new URL("../outputs/destinations/README.md", import.meta.url);

/** The key of a service account, as Google gives it. */
async function serviceAccount(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`;
  return JSON.stringify({ type: "service_account", client_email: "a@b.example", private_key: pem });
}

/** What a file or variable of the examples holds, by its name. */
async function secretOf(name: string): Promise<string> {
  if (/google/.test(name)) return await serviceAccount();
  if (/signing/i.test(name)) return `whsec_${new Uint8Array(32).toBase64()}`;
  return /url/i.test(name) ? "https://hooks.example.com/s3cr3t\n" : "c2VjcmV0\n";
}

Deno.test("each type of destination has an example, which is read and set up", async () => {
  const text = await Deno.readTextFile(README);
  const [, ...parts] = text.split(/^## /m);
  const types = new Set<string>();
  for (const part of parts) {
    const heading = part.slice(0, part.indexOf("\n")).trim();
    for (const [, yaml] of part.matchAll(/^```yaml\n([^]*?)^```$/gm)) {
      const { sections, diagnostics } = readSettings("agent.yaml", yaml, []);
      assert.deepEqual(diagnostics, [], yaml);
      assert.deepEqual(sections.sinks.map((s) => s.spec.type), [heading]);
      const secrets = new Map<string, string>();
      for (const given of sections.sinks.flatMap((s) => s.settings)) {
        if (given.from === "env") {
          secrets.set(String(given.value), await secretOf(String(given.value)));
        }
      }
      const { sinks, problems } = await openSinks(sections.sinks, {
        env: (name) => secrets.get(name),
        readFile: secretOf,
      }, "sensor-1");
      assert.deepEqual(problems, [], yaml);
      for (const { destination } of sinks) await destination.close();
      types.add(heading);
    }
  }
  assert.deepEqual([...types].sort(), DESTINATIONS.map((d) => d.type).sort());
});
