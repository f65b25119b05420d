/** Which of the loaded files are Sigma rules. */
import { isSigma } from "../../compiler/sigma/is_sigma.ts";
import type { TextFile } from "./files.ts";
import type { Loaded } from "./loaded.ts";

/** The Sigma files of which rules were taken. */
export function sigmaFiles({ program, texts }: Loaded): TextFile[] {
  return [...new Set(program.rules.map((r) => r.file))].flatMap((name) => {
    const text = texts.get(name) ?? "";
    return !name.endsWith(".sdl") && isSigma(text) ? [{ name, text }] : [];
  });
}
