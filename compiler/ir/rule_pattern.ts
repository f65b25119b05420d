/** Which rules a name, an id or a glob stands for. */

/** What a rule is recognised by; of one that could not be taken, as far as it reads. */
export interface NamedRule {
  readonly file: string;
  readonly name: string;
  readonly id: string;
}

/** Whether the text is a glob: `*` stands for any text, `?` for one character. */
export const isGlob = (text: string): boolean => /[*?]/.test(text);

/** A name or a glob as a test of a rule's id, name, file, or the end of its path, in any case. */
export function rulePattern(text: string): (rule: NamedRule) => boolean {
  const wanted = text.toLowerCase();
  if (!isGlob(text)) {
    return ({ id, name, file }) =>
      wanted === id.toLowerCase() || wanted === name.toLowerCase() || file.toLowerCase() === wanted;
  }
  const source = wanted.replace(/\*+/g, "*").replace(
    /[\\^$.*+?()[\]{}|]/g,
    (c) => c === "*" ? ".*" : c === "?" ? "." : `\\${c}`,
  );
  const whole = new RegExp(`^(?:${source})$`, "s");
  const tail = new RegExp(`(?:^|/)(?:${source})$`, "s");
  return ({ id, name, file }) =>
    whole.test(id.toLowerCase()) || whole.test(name.toLowerCase()) ||
    tail.test(file.toLowerCase());
}
