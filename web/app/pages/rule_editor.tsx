/** An editor whose diagnostics come from the real compiler, and a run against lines. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RuleCheckAnswer, SourcetypeDetail, SourcetypeList } from "../../server/types/mod.ts";
import { ApiFailure, request, useApi } from "../client/fetch.ts";
import { count } from "../client/format.ts";
import { Editor, type Jump } from "../parts/editor.tsx";
import { isYaml } from "../parts/yaml.ts";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { RuleBacktest } from "./rule_backtest.tsx";
import { RunResult, TestResults } from "./rule_run.tsx";

type Diagnostic = RuleCheckAnswer["diagnostics"][number];
/** After the last key stroke, in ms. */
const PAUSE = 250;

const SAMPLE =
  `Mar  9 13:52:01 web1 sshd[911]: Failed password for root from 203.0.113.66 port 40001 ssh2
Mar  9 13:52:02 web1 sshd[911]: Failed password for root from 203.0.113.66 port 40002 ssh2
Mar  9 13:52:03 web1 sshd[911]: Failed password for admin from 203.0.113.66 port 40003 ssh2
Mar  9 13:52:04 web1 sshd[911]: Failed password for deploy from 203.0.113.66 port 40004 ssh2
Mar  9 13:52:05 web1 sshd[911]: Failed password for deploy from 203.0.113.66 port 40005 ssh2
Mar  9 13:52:09 web1 sshd[911]: Accepted password for deploy from 203.0.113.66 port 40006 ssh2`;

export function RuleEditor({ text: given, name }: { text: string; name: string }) {
  const draft = `draft:${name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(draft) ?? given);
  const [answer, setAnswer] = useState<RuleCheckAnswer | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [jump, setJump] = useState<Jump | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      if (text === given) sessionStorage.removeItem(draft);
      else sessionStorage.setItem(draft, text);
      request<RuleCheckAnswer>("/api/rules/check", {
        method: "POST",
        body: { text, shipped: true },
        signal: stop.signal,
      }).then((a) => {
        setAnswer(a);
        setFailure(null);
      }, (error) => {
        if (error instanceof ApiFailure) setFailure(error.message);
      });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  const diagnostics = answer?.diagnostics ?? [];
  const broken = diagnostics.some((d) => d.level === "error");
  return (
    <div class="grid">
      <div class="s7 stack">
        <div class="row">
          <Verdict answer={answer} />
          <span class="row" style={{ marginLeft: "auto" }}>
            <button
              type="button"
              class="button small"
              disabled={!answer?.formatted || answer.formatted === text}
              onClick={() => setText(answer!.formatted!)}
            >
              Format
            </button>
            <button
              type="button"
              class="button small"
              disabled={text === given}
              onClick={() => setText(given)}
            >
              Undo all
            </button>
            <a
              class="button small"
              href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
              download={`${answer?.rules[0]?.name ?? "rule"}.${isYaml(text) ? "yml" : "sdl"}`}
            >
              <Icon name="download" />
              Save as file
            </a>
          </span>
        </div>
        <Editor text={text} onText={setText} diagnostics={diagnostics} jump={jump} />
        {failure && <p class="notice error" role="alert">{failure}</p>}
        <Problems
          diagnostics={diagnostics}
          onJump={(d) => setJump({ start: d.start, end: d.end })}
          onFix={(d) => setText(text.slice(0, d.start) + d.suggestion! + text.slice(d.end))}
        />
      </div>
      <div class="s5 stack">
        <RuleBacktest of={{ text }} broken={broken} />
        <Runner text={text} broken={broken} />
      </div>
    </div>
  );
}

function Verdict({ answer }: { answer: RuleCheckAnswer | null }) {
  if (!answer) return <span class="muted" role="status">Compiling</span>;
  const errors = answer.diagnostics.filter((d) => d.level === "error").length;
  const warnings = answer.diagnostics.length - errors;
  return (
    <span role="status" class={errors ? "bad" : warnings ? "warn" : "good"}>
      {errors
        ? count(errors, "error")
        : warnings
        ? `Compiles, with ${count(warnings, "warning")}`
        : `Compiles: ${answer.rules.map((r) => r.name).join(", ") || "no rules yet"}`}
    </span>
  );
}

function Problems(props: {
  diagnostics: readonly Diagnostic[];
  onJump(d: Diagnostic): void;
  onFix(d: Diagnostic): void;
}) {
  if (props.diagnostics.length === 0) return null;
  return (
    <ul class="problems panel" aria-label="Problems">
      {props.diagnostics.map((d) => (
        <li key={`${d.code}:${d.start}:${d.message}`}>
          <button type="button" onClick={() => props.onJump(d)}>
            <b class={d.level === "error" ? "bad" : "warn"}>{d.code}</b>
            <span>
              <span class="muted">line {d.line}</span> {d.message}
              {d.help && <span class="muted">. {d.help}</span>}
            </span>
          </button>
          {d.suggestion && (
            <button
              type="button"
              class="button small"
              onClick={() => props.onFix(d)}
            >
              Use {d.suggestion}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Lines to hold against the rule: pasted ones, or the sample. */
function Runner({ text, broken }: { text: string; broken: boolean }) {
  const sourcetypes = useApi<SourcetypeList>("/api/sourcetypes");
  const [lines, setLines] = useState(SAMPLE);
  const [sourcetype, setSourcetype] = useState("");
  const [answer, setAnswer] = useState<RuleCheckAnswer | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const of = useRef("");
  const useSamples = async () => {
    try {
      const { samples } = await request<SourcetypeDetail>(
        `/api/sourcetypes/${encodeURIComponent(sourcetype)}`,
      );
      setLines(samples.map((s) => s.line).join("\n"));
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    }
  };
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      setAnswer(
        await request<RuleCheckAnswer>("/api/rules/check", {
          method: "POST",
          body: {
            text,
            shipped: true,
            tests: true,
            ...(lines.trim() ? { lines } : {}),
            ...(sourcetype ? { sourcetype } : {}),
          },
        }),
      );
      of.current = text + lines + sourcetype;
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    }
    setBusy(false);
  };
  return (
    <>
      <Panel title="Test run">
        <div class="stack">
          <label class="field">
            Log lines
            <textarea
              class="input mono"
              rows={8}
              wrap="off"
              spellcheck={false}
              value={lines}
              onInput={(e) => setLines(e.currentTarget.value)}
            />
          </label>
          <div class="row">
            <select
              class="input"
              aria-label="Sourcetype of the lines"
              value={sourcetype}
              onChange={(e) => setSourcetype(e.currentTarget.value)}
            >
              <option value="">Detect sourcetype</option>
              {sourcetypes.data?.sourcetypes.map((s) => (
                <option key={s.name} value={s.name}>{s.name}</option>
              ))}
            </select>
            {sourcetype && (
              <button type="button" class="button" onClick={useSamples}>
                Its samples
              </button>
            )}
            <button
              type="button"
              class="button primary"
              disabled={busy || broken}
              title={broken ? "Fix the errors first" : undefined}
              onClick={run}
            >
              <Icon name="play" />
              Run
            </button>
            {answer && !busy && of.current !== text + lines + sourcetype && (
              <span class="muted">Modified since the last run</span>
            )}
          </div>
          {error && <p class="notice error" role="alert">{error}</p>}
        </div>
      </Panel>
      {answer?.run && <RunResult run={answer.run} />}
      {answer?.tests && <TestResults tests={answer.tests} />}
      {!answer && (
        <Empty title="No test run">
          Run the rule and its tests to see events, alerts, and why a line did not match.
        </Empty>
      )}
    </>
  );
}
