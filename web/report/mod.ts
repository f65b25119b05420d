/** The report: what the store holds, for people who will not open a dashboard. */
export { gather, type Report, type ReportRequest } from "./gather.ts";
export { reportHtml } from "./html.ts";
export { reportJson } from "./json.ts";
export { reportMarkdown } from "./markdown.ts";
