/** The page /docs: the OpenAPI document as HTML. It needs no script and no other host. */
import { createHash } from "node:crypto";
import type { Json } from "./types/schema.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: 0 .75rem; }
summary { cursor: pointer; padding: .5rem 0; } summary b { display: inline-block; min-width: 4.2rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; width: 100%; }
td, th { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
nav a { margin-right: 1rem; }
`;

/** What the page may do: show itself. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
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

/** @param document as `openApi` makes it */
export function docsPage(document: Json): string {
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
<title>${escape(info.title)} API</title><style>${STYLE}</style></head><body>
<h1>${escape(info.title)} API ${escape(info.version)}</h1>
<p>${
    escape(info.description)
  }. The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>
<p>Once there is a token, send one with every request: <code>Authorization: Bearer TOKEN</code>.
Times are RFC 3339, epoch seconds or milliseconds, <code>now</code>, or such as <code>-1h</code>.
Lists come in pages: pass <code>next</code> of one page as <code>cursor</code> for the following.</p>
<nav>${
    tags.map((t) => `<a href="#${escape(t)}">${escape(t)}</a>`).join("")
  }<a href="#schemas">Schemas</a></nav>
${
    tags.map((tag) =>
      `<h2 id="${escape(tag)}">${escape(tag)}</h2>\n` +
      all.filter((o) => o.operation.tags[0] === tag)
        .map((o) => operationHtml(o.method, o.path, o.operation)).join("\n")
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
</body></html>
`;
}

function operationHtml(method: string, path: string, o: Operation): string {
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
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${escape(path)}</code> ${
    escape(o.summary)
  }</summary>
${o.description ? `<p>${escape(o.description)}</p>` : ""}
${o["x-role"] ? `<p>Needs the role <code>${escape(o["x-role"])}</code>.</p>` : ""}
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
