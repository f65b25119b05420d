/** A text box over a highlighted copy of its text: native editing, the language's own colours. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { RuleCheckAnswer } from "../../server/types/mod.ts";
import { linesOf } from "./code.tsx";

/** Where the caret is to go. A new object goes there again. */
export interface Jump {
  readonly start: number;
  readonly end: number;
}

export function Editor(props: {
  text: string;
  onText(text: string): void;
  diagnostics: RuleCheckAnswer["diagnostics"];
  jump: Jump | null;
}) {
  const { text, diagnostics } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(
    () =>
      linesOf(
        text,
        diagnostics.map((d) => ({
          start: d.start,
          // A span of no length would not show.
          end: Math.max(d.end, d.start + 1),
          class: `d-${d.level}`,
        })),
      ),
    [text, diagnostics],
  );
  useEffect(() => {
    if (!props.jump) return;
    const line = text.slice(0, props.jump.start).split("\n").length - 1;
    area.current!.focus({ preventScroll: true });
    area.current!.setSelectionRange(props.jump.start, props.jump.end);
    box.current!.scrollTop = Math.max(0, line * 19 - 120);
  }, [props.jump]);
  const marks = new Map<number, "e" | "w">();
  for (const d of diagnostics) {
    if (d.level === "error" || !marks.has(d.line)) {
      marks.set(d.line, d.level === "error" ? "e" : "w");
    }
  }
  return (
    <div class="editor" ref={box}>
      <div class="gutter" aria-hidden="true">
        {lines.map((_, i) => {
          const mark = marks.get(i + 1);
          return <div key={i} class={mark}>{mark ? "● " : ""}{i + 1}</div>;
        })}
      </div>
      <div class="sheet">
        <pre aria-hidden="true">
          {lines.map((pieces, i) => (
            <span key={i}>
              {pieces.map((p, k) =>
                p.class ? <span key={k} class={p.class}>{p.text}</span> : p.text
              )}
              {"\n"}
            </span>
          ))}
        </pre>
        <textarea
          ref={area}
          value={text}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          aria-label="Source of the rule; Esc then Tab leaves it"
          onInput={(e) => props.onText(e.currentTarget.value)}
          onKeyDown={(event) => {
            const el = event.currentTarget;
            if (event.key === "Escape") el.dataset.leave = "1";
            else if (event.key === "Tab" && !event.shiftKey && el.dataset.leave !== "1") {
              event.preventDefault();
              el.setRangeText("  ", el.selectionStart, el.selectionEnd, "end");
              props.onText(el.value);
            } else if (event.key === "Enter") {
              // The new line begins as far in as this one.
              const before = el.value.slice(0, el.selectionStart);
              const indent = /[^\S\n]*/.exec(before.slice(before.lastIndexOf("\n") + 1))![0];
              if (indent) {
                event.preventDefault();
                el.setRangeText(`\n${indent}`, el.selectionStart, el.selectionEnd, "end");
                props.onText(el.value);
              }
            } else delete el.dataset.leave;
          }}
        />
      </div>
    </div>
  );
}
