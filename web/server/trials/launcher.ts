/**
 * Starts and ends the processes that try rules: the server gives up the permission to run programs
 * once it listens, and this process, which has nothing else, keeps it. Lines of its stdin: `S` starts
 * one (and ends the one before), `K` ends it, `L…` is a line for it. Lines of its stdout, N counting
 * what was started: `A N …` is a line of its answer, `X N CODE TEXT` says that it ended by itself,
 * with what it wrote to stderr last.
 * When stdin ends, so does everything. Arguments: the program, and its arguments.
 */

interface Trial {
  readonly process: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  /** Lines are written one after the other. */
  written: Promise<void>;
  ended: boolean;
}

const [program, ...args] = Deno.args;
const encoder = new TextEncoder();
/** What is kept of stderr, in UTF-16 units. */
const LAST_WORDS = 2_000;
let trial: Trial | null = null;
let started = 0;
let said: Promise<unknown> = Promise.resolve();

function say(line: string): void {
  const bytes = encoder.encode(line + "\n");
  said = said.then(async () => {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  });
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let pieces: string[] = [];
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = text.split("\n");
    pieces.push(lines[0]);
    for (const next of lines.slice(1)) {
      yield pieces.join("");
      pieces = [next];
    }
  }
}

function end(): void {
  if (trial === null) return;
  trial.ended = true;
  try {
    trial.process.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  trial = null;
}

function start(): void {
  end();
  const number = ++started;
  const process = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const own: Trial = {
    process,
    input: process.stdin.getWriter(),
    written: Promise.resolve(),
    ended: false,
  };
  trial = own;
  void (async () => {
    let words = "";
    const listening = (async () => {
      for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) {
        words = (words + text).slice(-LAST_WORDS);
      }
    })();
    for await (const line of linesOf(process.stdout)) if (!own.ended) say(`A ${number} ${line}`);
    const { code } = await process.status;
    await listening;
    if (!own.ended) say(`X ${number} ${code} ${JSON.stringify(words)}`);
    if (trial === own) trial = null;
  })();
}

for await (const line of linesOf(Deno.stdin.readable)) {
  if (line === "S") start();
  else if (line === "K") end();
  else if (trial !== null) {
    const to: Trial = trial;
    // A process that has ended says so by X.
    to.written = to.written.then(() => to.input.write(encoder.encode(line.slice(1) + "\n")))
      .catch(() => {});
  }
}
end();
Deno.exit(0);
