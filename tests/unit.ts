/**
 * The task `unit`: the tests that start no process and no server and write no file, with a few random
 * cases each. What they may do is read, so that one which does more fails here. Left out are files
 * that name what they may not do, and those of LEFT_OUT, which do it by way of others.
 */
const root = new URL("../", import.meta.url);
const FOLDERS = ["grammar/", "compiler/", "agent/", "web/"];
const MORE_THAN_READS =
  /Deno\.(Command|serve|listen|connect|makeTemp|write|mkdir)|\b(startPostgres|startKafka|withFolder|picket|runDeno|httpReceiver|destinationSuite)\b|[sS]ourceSuite/;
const LEFT_OUT = [
  "agent/sources/glob_test.ts",
  "agent/settings/destinations_readme_test.ts",
  "agent/sources/event_log_test.ts",
  "web/server/trials/rule_tools_test.ts",
];

function* testsBelow(folder: string): Generator<string> {
  for (const e of Deno.readDirSync(new URL(folder, root))) {
    if (e.isDirectory) yield* testsBelow(`${folder}${e.name}/`);
    else if (/_test\.tsx?$/.test(e.name)) yield folder + e.name;
  }
}

const files = FOLDERS.flatMap((f) => [...testsBelow(f)]).filter((f) =>
  !LEFT_OUT.includes(f) && !MORE_THAN_READS.test(Deno.readTextFileSync(new URL(f, root)))
).sort();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["test", "--quiet", "--no-prompt", "--no-check", "--parallel"],
    ...["--config", "dev.json", "--allow-read", "--allow-env", ...files],
  ],
  cwd: root,
  env: { PICKET_RUNS: "40", EVTX_FUZZ: "40" },
}).spawn().status;
Deno.exit(code);
