/** The page /docs: the OpenAPI document as HTML. It needs no script and no other host. */
import { fontFaces } from "./pages/mod.ts";
import { createHash } from "node:crypto";
import type { Json } from "./types/schema.ts";

const STYLE = `
:root { color-scheme: light dark; --bg: #f6f6f7; --panel: #fff; --text: #18191d; --soft: #5d606a;
  --line: #e6e6e9; --code: #f3f3f5; --link: #3f51a8;
  --get: #25704a; --post: #3f51a8; --patch: #855600; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --bg: #0e0f12; --panel: #15171b; --text: #e3e4e8;
  --soft: #989ca8; --line: #25282f; --code: #1d1f25; --link: #9dabf0;
  --get: #6cc497; --post: #9dabf0; --patch: #deb057; --delete: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text);
  font: 14px/1.55 Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; }
.page { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 2rem; max-width: 76rem;
  margin: 0 auto; padding: 1.5rem; }
nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow: auto; }
nav a { display: block; padding: .2rem .6rem; border-radius: 5px; color: var(--soft);
  text-decoration: none; }
nav a:hover { background: var(--code); color: var(--text); }
h1 { font-size: 1.5rem; letter-spacing: -.02em; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; letter-spacing: -.01em; margin: 2.2rem 0 .6rem; }
h3 { font-size: .85rem; color: var(--soft); margin: .9rem 0 .3rem; }
p { margin: .5rem 0; } a { color: var(--link); }
code, pre { font: 12.5px/1.55 "JetBrains Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 6px; margin: .3rem 0; padding: .65rem .8rem;
  overflow-x: auto; white-space: pre-wrap; }
details { background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
  margin: .45rem 0; padding: 0 .9rem; }
details[open] { padding-bottom: .8rem; }
summary { cursor: pointer; padding: .55rem 0; }
summary span { color: var(--soft); }
summary b { display: inline-block; min-width: 4rem; font-size: .75rem; letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.role { color: var(--soft); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
th { color: var(--soft); font-size: .8rem; font-weight: 500; }
td, th { border-top: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left;
  vertical-align: top; }
tr:first-child > * { border-top: 0; }
@media (max-width: 760px) { .page { grid-template-columns: minmax(0, 1fr); padding: 1rem; gap: 0; }
  nav { position: static; display: flex; flex-wrap: wrap; } }
`;

/** What the page may do: show itself, in the type of the dashboard. @param style of the page */
const policyOf = (style: string) =>
  `default-src 'none'; font-src 'self'; style-src 'sha256-${
    createHash("sha256").update(style).digest("base64")
  }'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Parameters listed by name; an operation with more has the others in one paragraph. */
const LISTED = 40;

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-role"?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
    readonly schema: Json;
    readonly example?: string;
  }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { readonly schema: Json }> }
  >;
}

/** The page and its policy. @param document as `openApi` makes it */
export function docsPage(document: Json): { readonly page: string; readonly policy: string } {
  const style = fontFaces() + STYLE;
  return { page: pageOf(document, style), policy: policyOf(style) };
}

function pageOf(document: Json, style: string): string {
  const info = document.info as { title: string; version: string; description: string };
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const { schemas } = document.components as { schemas: Record<string, Json> };
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const tags = [...new Set(all.map((o) => o.operation.tags[0]))];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} API</title><style>${style}</style></head><body><div class="page">
<nav aria-label="Themes"><a href="/">Dashboard</a>${
    tags.map((t) => `<a href="#${escape(t)}">${escape(t)}</a>`).join("")
  }<a href="#schemas">Schemas</a></nav>
<main>
<h1>${escape(info.title)} API ${escape(info.version)}</h1>
<p>${
    escape(info.description)
  }. The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>
<p>Once there is a token, send one with every request: <code>Authorization: Bearer TOKEN</code>.
Times are RFC 3339, epoch seconds or milliseconds, <code>now</code>, or such as <code>-1h</code>.
Lists come in pages: pass <code>next</code> of one page as <code>cursor</code> for the following.</p>
${
    tags.map((tag) =>
      `<h2 id="${escape(tag)}">${escape(tag)}</h2>\n` +
      all.filter((o) => o.operation.tags[0] === tag)
        .map((o) => operationHtml(o.method, o.path, o.operation, schemas)).join("\n")
    ).join("\n")
  }
<h2 id="schemas">Schemas</h2>
${
    Object.entries(schemas).map(([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary><pre>${
        escape(JSON.stringify(schema, null, 2))
      }</pre></details>`
    ).join("\n")
  }
</main></div></body></html>
`;
}

function operationHtml(
  method: string,
  path: string,
  o: Operation,
  schemas: Record<string, Json>,
): string {
  const listed = o.parameters.length > LISTED
    ? o.parameters.filter((p) => !p.description.startsWith("CIM field "))
    : o.parameters;
  const others = o.parameters.filter((p) => !listed.includes(p));
  const rows = listed.map((p) =>
    `<tr><td><code>${escape(p.name)}</code></td><td>${escape(p.description)}${
      p.example === undefined ? "" : `, as in <code>${escape(p.example)}</code>`
    }</td><td><code>${escape(brief(p.schema))}</code></td></tr>`
  );
  const bodies = Object.entries(o.requestBody?.content ?? {}).map(([type, { schema }]) =>
    `<p>Takes <code>${escape(type)}</code> ${schemaLink(schema)}</p>`
  );
  const answers = Object.entries(o.responses).map(([status, r]) =>
    `<tr><td><code>${status}</code></td><td>${escape(r.description)}</td><td>${
      Object.entries(r.content).map(([type, { schema }]) => schemaLink(schema) || escape(type))
        .join(", ")
    }</td></tr>`
  );
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${
    escape(path)
  }</code> <span>${escape(o.summary)}</span></summary>
${o.description ? `<p>${escape(o.description)}</p>` : ""}
${o["x-role"] ? `<p class="role">Needs the role <code>${escape(o["x-role"])}</code>.</p>` : ""}
<h3>Example</h3><pre>${escape(exampleOf(method, path, o, schemas))}</pre>
${rows.length ? `<table><tr><th>Parameter<th><th></tr>${rows.join("\n")}</table>` : ""}
${
    others.length
      ? `<p>And every field of the CIM: ${
        others.map((p) => `<code>${escape(p.name)}</code>`).join(", ")
      }.</p>`
      : ""
  }
${bodies.join("")}
<table><tr><th>Answer<th><th></tr>${answers.join("\n")}</table></details>`;
}

/** Parameters with an example that one request shows. */
const SHOWN = 2;

/** A request by curl: the path's and a few other parameters with their examples, the least body. */
function exampleOf(
  method: string,
  path: string,
  o: Operation,
  schemas: Record<string, Json>,
): string {
  const valueOf = (p: Operation["parameters"][number]) =>
    encodeURIComponent(p.example ?? String(sample(p.schema, schemas)));
  const inPath = path.replace(/\{(\w+)\}/g, (all, name) => {
    const p = o.parameters.find((x) => x.in === "path" && x.name === name);
    return p === undefined ? all : valueOf(p);
  });
  // What tells most of a request is its own; a range is one that many have.
  const query = o.parameters.filter((p) => p.in === "query" && p.example !== undefined)
    .sort((a, b) => Number(a.name === "from") - Number(b.name === "from"))
    .filter((p) => p.name !== "to").slice(0, SHOWN).map((p) => `${p.name}=${valueOf(p)}`).join("&");
  const [type, content] = Object.entries(o.requestBody?.content ?? {})[0] ?? [];
  const body = content === undefined
    ? null
    : type === "application/json"
    ? JSON.stringify(sample(content.schema, schemas))
    : "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 40001 ssh2";
  return [
    "curl -s",
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    `'http://127.0.0.1:7400${inPath}${query === "" ? "" : `?${query}`}'`,
    ...(body === null ? [] : [`-H 'content-type: ${type}' \\\n  -d '${body}'`]),
  ].join(" ");
}

/** The least that fits a schema: of an object what it must have, or one of what it may. */
function sample(schema: Json, schemas: Record<string, Json>, depth = 0): unknown {
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return depth > 4 ? {} : sample(schemas[name] ?? {}, schemas, depth + 1);
  }
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Array.isArray(schema.anyOf)) return sample(schema.anyOf[0] as Json, schemas, depth + 1);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object": {
      const properties = (schema.properties ?? {}) as Record<string, Json>;
      const must = (schema.required ?? []) as string[];
      const names = must.length > 0 ? must : Object.keys(properties).slice(0, 1);
      return Object.fromEntries(
        names.map((n) => [n, sample(properties[n] ?? {}, schemas, depth + 1)]),
      );
    }
    case "array":
      return [sample((schema.items ?? {}) as Json, schemas, depth + 1)];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    default:
      return schema.format === "date-time"
        ? "2026-03-29T00:02:15Z"
        : schema.pattern === "^[0-9a-f]{32}$"
        ? "15f26d19206aaa950b02120a4d982ee7"
        : "…";
  }
}

function schemaLink(schema: Json): string {
  if (typeof schema.$ref !== "string") return "";
  const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  return `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
}

function brief(schema: Json): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(" | ");
  const bounds = schema.minimum !== undefined ? ` ${schema.minimum}…${schema.maximum}` : "";
  return `${schema.type}${bounds}`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
