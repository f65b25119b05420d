/** Hostile text in each place, random and by name: read back by a reader of that place's grammar. */
import assert from "node:assert/strict";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { visible } from "../../../grammar/visible.ts";
import { HOSTILE } from "../destinations/testing/samples.ts";
import {
  cefHeader,
  cefValue,
  chatText,
  cut,
  headerText,
  htmlText,
  markdownCode,
  markdownText,
  plainText,
  slackCode,
  slackText,
  syslogName,
  syslogParameter,
  urlText,
} from "./escape.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);

/** Text of all kinds of characters, with what is known to act in it, in pieces. */
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(...HOSTILE.filter((h) => h.length < 1000)),
    fc.constantFrom(
      ...["@here", "@", "here", "<!", ">", "`", "``", "\\", "|", "=", "&", ";", "\n", "\r", "{{"],
      ...[
        "}}",
        "://",
        "http",
        "www.",
        "*",
        "_",
        "](",
        "![",
        "[a]:",
        '"',
        "'",
        "]",
        "-->",
        "\u202e",
      ],
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

function always(name: string, holds: (text: string) => void) {
  Deno.test(name, () => {
    for (const text of HOSTILE) holds(text);
    fc.assert(fc.property(hostile, holds), { numRuns: RUNS });
  });
}

const HIDDEN = /[\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?![\n\t])\p{Cc}/u;

always("no place shows a hidden character", (text) => {
  const places = [chatText, plainText, slackText, slackCode, markdownText, markdownCode, htmlText];
  for (const place of [...places, cefHeader, cefValue, syslogParameter]) {
    assert.doesNotMatch(place(text), HIDDEN);
  }
});

always("URL: one component, read back as it was", (text) => {
  const url = new URL(`https://a.example/x/${urlText(text)}/y?q=${urlText(text)}&z=1`);
  assert.deepEqual([...url.searchParams.keys()], ["q", "z"]);
  assert.equal(url.pathname.split("/").length, 4);
  assert.equal(url.host, "a.example");
  if (!/^\.{1,2}$/.test(text)) assert.equal(url.searchParams.get("q"), text.toWellFormed());
});

always("header: taken by Headers, one line of ASCII", (text) => {
  const value = headerText(text);
  assert.match(value, /^[\x20-\x7e]*$/);
  new Headers({ x: value });
});

const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true });
/** Makes links of addresses that say their protocol; a bare `evil.example` is a name like others. */
const explicit = new MarkdownIt({ linkify: true });
explicit.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false }).add("//", null);
const links = (html: string) => [...html.matchAll(/<(a|img|script|b|i|em|strong|h\d|ul|ol|hr)\b/g)];

always("HTML: no tag, in text and in an attribute", (text) => {
  const html = htmlText(text);
  assert.doesNotMatch(html, /[<>"']/);
  assert.doesNotMatch(html, /&(?!(amp|lt|gt|quot|#39);)/);
});

always("plain text: nothing that programs make links of", (text) => {
  assert.equal(explicit.linkify.match(plainText(text)), null);
  assert.doesNotMatch(plainText(text), /\w:\/\/|\bwww\.|\b(mailto|javascript):/i);
});

always("Markdown, text: a paragraph of that text alone", (text) => {
  const html = markdown.render(`start ${markdownText(text)} end`);
  assert.deepEqual(links(html), [], html);
  assert.match(html, /^<p>start [^]* end<\/p>\n$/);
  assert.equal(html.match(/<p>/g)?.length, 1);
});

always("Markdown, code: one span of code with that text", (text) => {
  const html = markdown.render(`start ${markdownCode(text)} end`);
  const shown = /^<p>start (?:<code>([^<]*)<\/code>|–) end<\/p>\n$/.exec(html);
  assert.ok(shown, html);
  const unescaped = (shown[1] ?? "").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  assert.equal(unescaped.replaceAll("＠", "@"), visible(text).trim().replaceAll("＠", "@"));
});

const CALL = /@\s*(here|channel|everyone|all|group|team)(?![\p{L}\p{N}])/iu;

always("chats: nobody is called", (text) => {
  const places = [chatText, plainText, htmlText, slackText, slackCode, markdownText, markdownCode];
  for (const place of places) assert.doesNotMatch(place(text), CALL);
});

always("Slack: no angle brackets, entities alone, no marks", (text) => {
  for (const place of [slackText, slackCode]) {
    assert.doesNotMatch(place(text), /[<>]|&(?!(amp|lt|gt);)/);
  }
  assert.doesNotMatch(slackText(text), /[*~`]|(^|\s)_|_(\s|$)|\w:\/\//);
  assert.match(slackCode(text), /^`[^`\n]+`$|^–$/);
});

always("CEF: header and value are read back", (text) => {
  const line = `CEF:0|${cefHeader(text)}|b|a=${cefValue(text)} c=d`;
  assert.doesNotMatch(line, /[\r\n]/);
  const [, header, second, rest] = /^CEF:0\|((?:[^\\|]|\\.)*)\|((?:[^\\|]|\\.)*)\|([^]*)$/.exec(
    line,
  )!;
  assert.equal(second, "b");
  assert.equal(
    header.replaceAll(/\\(.)/g, "$1"),
    visible(text.replaceAll(/[\r\n]+/g, " ")),
  );
  // A key begins where an equals sign is not escaped.
  const keys = [...rest.matchAll(/(?:^| )([^ =\\]+)(?<!\\)=/g)].map((m) => m[1]);
  assert.deepEqual(keys, ["a", "c"]);
});

always("syslog: a parameter ends at its quote, a name has no space", (text) => {
  assert.match(`p="${syslogParameter(text)}"]`, /^p="(?:[^"\\\]\n]|\\["\\\]])*"\]$/);
  assert.match(syslogName(text, 48), /^[\x21-\x7e]{1,48}$/);
});

always("cut: never longer than asked, never half a character", (text) => {
  for (const most of [1, 2, 7, 50]) {
    const short = cut(text, most);
    assert.ok(short.length <= most);
    if (text.isWellFormed()) assert.ok(short.isWellFormed());
  }
});
