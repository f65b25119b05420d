/**
 * Which engine a rule's regex runs on: JavaScript's own where its time is shown to grow no faster than
 * the text, else the linear one, where that takes it.
 */
import { linearTest, NoProgram, programSize } from "./linear/mod.ts";
import { checkRegex, type RegexProblem } from "./mod.ts";

export interface RegexVerdict {
  /** Null: none takes it. */
  readonly engine: "native" | "linear" | null;
  /** Why it is not native. */
  readonly problem: RegexProblem | null;
}

const NATIVE: RegexVerdict = { engine: "native", problem: null };

/** Verdicts on what is not native, by pattern. */
const known = new Map<string, RegexVerdict>();

/** The engine of a regex with the flags `i`, `m` and `s`. Pure; remembers what it was asked. */
export function judgeRegex(source: string, flags: string): RegexVerdict {
  const problem = checkRegex(source, flags);
  if (problem === null) return NATIVE;
  const key = `${flags}/${source}`;
  let verdict = known.get(key);
  if (verdict === undefined) {
    verdict = problem.kind === "invalid"
      ? { engine: null, problem }
      : unproven(source, flags, problem);
    if (known.size >= 5000) known.clear();
    known.set(key, verdict);
  }
  return verdict;
}

function unproven(source: string, flags: string, problem: RegexProblem): RegexVerdict {
  try {
    programSize(source, flags);
    return { engine: "linear", problem };
  } catch (error) {
    if (!(error instanceof NoProgram)) throw error;
    const { start, end, message, help } = error;
    return {
      engine: null,
      problem: {
        kind: "unsafe",
        message: `${problem.message}, and the linear engine does not take it: ${message}`,
        help,
        at: { start, end },
      },
    };
  }
}

/**
 * Whether a text matches a regex that {@link judgeRegex} lets pass.
 * @throws {Error} for one that has no engine
 */
export function regexTest(source: string, flags: string): (text: string) => boolean {
  const { engine, problem } = judgeRegex(source, flags);
  if (engine === "linear") return linearTest(source, flags);
  if (engine === null) throw new Error(problem!.message);
  const regex = new RegExp(source, flags);
  return (text) => regex.test(text);
}
