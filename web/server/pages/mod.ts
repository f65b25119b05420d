/** What the server sends of the dashboard: one shell for every page, the files it names, and type. */
import { Hono } from "hono";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { PROGRAM } from "../../../agent/program.ts";

/** Addresses of pages, as Hono has them: what `web/app/pages.ts` lists. */
export function pagePaths(): readonly string[] {
  return JSON.parse(Deno.readTextFileSync(new URL("static/pages.json", import.meta.url)));
}

/**
 * No script, style or request but our own, and none written into a page: text of a log line that
 * came to stand as markup could still do nothing.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

interface File {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

const TYPES = {
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
  "inter.woff2": "font/woff2",
  "jetbrains-mono.woff2": "font/woff2",
} as const;
type FileName = keyof typeof TYPES;

/** Read and packed once, when the server is made: later it may read no more. */
const files = new Map<FileName, File>();

function fileOf(name: FileName): File {
  let file = files.get(name);
  if (!file) {
    const plain = Deno.readFileSync(new URL(`static/${name}`, import.meta.url));
    file = {
      type: TYPES[name],
      plain,
      packed: new Uint8Array(gzipSync(plain, { level: 9 })),
      tag: createHash("sha256").update(plain).digest("hex").slice(0, 16),
    };
    files.set(name, file);
  }
  return file;
}

/** The page that every address answers with. The files' names hold a check, so they may be kept. */
function shell(): string {
  const href = (name: FileName) => `/static/${fileOf(name).tag}/${name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Picket</title>
<link rel="icon" href="data:image/svg+xml,${ICON}">
<link rel="stylesheet" href="${href("app.css")}">
<script type="module" src="${href("app.js")}"></script>
</head>
<body>
<div id="app" data-program="${PROGRAM}"></div>
<noscript>Picket's pages need JavaScript; the API under /api answers without it.</noscript>
</body>
</html>
`;
}

/** The type of the pages, as style: for what is sent beside them. */
export function fontFaces(): string {
  const face = (family: string, name: FileName) =>
    `@font-face { font-family: "${family}"; font-weight: 100 900; font-display: swap;\n` +
    `  src: url("/static/${fileOf("app.css").tag}/${name}") format("woff2"); }\n`;
  return face("Inter", "inter.woff2") + face("JetBrains Mono", "jetbrains-mono.woff2");
}

const ICON = encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="#3d7be0"><path d="M4 8.5 6 5l2 3.5V18H4zM8.8 6.5l2-3.5 2 3.5V18h-4zM13.6 8.5l2-3.5 2 3.5V18h-4zM2 10.5h16.5V13H2z"/></svg>`,
);

/** Answers the pages and their files. Needs read permission on this folder. */
export function createPages(): Hono {
  const app = new Hono();
  const page = shell();
  for (const name of Object.keys(TYPES)) fileOf(name as FileName);
  for (const path of pagePaths()) {
    app.get(path, (c) => {
      c.header("Content-Security-Policy", POLICY);
      c.header("Cache-Control", "no-cache");
      return c.html(page);
    });
  }
  app.get("/static/:tag/:name", (c) => {
    const name = c.req.param("name");
    if (!Object.hasOwn(TYPES, name)) return c.notFound();
    const file = fileOf(name as FileName);
    const font = file.type === "font/woff2";
    // The style names its type beside itself, so under its own check.
    const { tag } = font ? fileOf("app.css") : file;
    if (c.req.param("tag") !== tag) return c.notFound();
    const packed = !font && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
    return c.body(packed ? file.packed : file.plain, 200, {
      "Content-Type": file.type,
      "Cache-Control": "private, max-age=31536000, immutable",
      "Vary": "Accept-Encoding",
      ...(packed ? { "Content-Encoding": "gzip" } : {}),
    });
  });
  return app;
}
