/** A report as one HTML file that needs nothing else: styles inside, no script, no outside host. */
import { html, raw } from "hono/html";
import { count, elapsedText, percent, timeText } from "../../agent/outputs/render/text.ts";
import { techniqueUrl } from "../../compiler/schema/attack/mod.ts";
import { visibleValue } from "../../grammar/visible.ts";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import type { Report, ReportAlert, ReportIncident } from "./gather.ts";
import { STYLE } from "./style.ts";
import { some, summary, unseen } from "./words.ts";

type Html = ReturnType<typeof html>;

/** The whole file. Text from logs is escaped; nothing in it runs. */
export async function reportHtml(given: Report): Promise<string> {
  const report = visibleValue(given);
  const title = report.scope === "incident"
    ? `Incident report: ${report.incidents[0].incident.entity.value}`
    : "Security report";
  const missed = unseen(report);
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="meta">Made by Picket on ${timeText(report.generated)} from ${report.place}</p>
        </header>
        <main>
    <section>
    <h2>Summary</h2>
    ${summary(report).map((s) => html`<p>${s}</p>`)}
    <ul class="tiles">
    ${[...SEVERITIES].reverse().map((s) =>
      html`<li class="tile ${s}"><b>${report.severities[s]}</b> ${s}</li>`
    )}
    </ul>
    </section>
    ${report.incidents.length === 0
      ? ""
      : html`<section><h2>Incidents</h2>${report.incidents.map(incidentHtml)}</section>`}
    ${report.alerts.length === 0
      ? ""
      : html`<section><h2>Alerts outside of incidents</h2>${alertsHtml(report.alerts)}</section>`}
    ${report.sourcetypes.length === 0
      ? ""
      : html`<section><h2>Alerts by kind of log</h2>${bars(report)}</section>`}
    ${report.techniques.length === 0 ? "" : techniquesHtml(report)}
    <section>
    <h2>What was read</h2>
    <table><thead><tr><th>Sourcetype</th><th class="n">Events</th><th class="n">Could not be read</th></tr></thead><tbody>
    ${report.stats.sourcetypes.map((s) =>
      html`
        <tr>
          <td>${s.sourcetype}</td>
          <td class="n">${count(s.events)}</td>
          <td class="n">${count(s.parseErrors)} (${percent(
            s.parseErrors,
            s.events,
          )})</td>
        </tr>
      `
    )}
    </tbody></table>
    </section>
    <section>
    <h2>What was not seen</h2>
    ${missed.length === 0
      ? html`<p>Every line that came was read, in order, and no window was cut.</p>`
      : html`<ul>${missed.map((m) => html`<li>${m}</li>`)}</ul>`}
    </section>
        </main>
      </body>
    </html>
  `;
  return String(await page);
}

function incidentHtml({ incident, timeline }: ReportIncident): Html {
  return html`<article>
<h3>${chip(incident.severity)} ${incident.entity.field} <bdi>${incident.entity.value}</bdi></h3>
<p>${some(incident.alerts, "alert")} from ${timeText(incident.first)} to ${timeText(incident.last)}
(${elapsedText(incident.last - incident.first)}), now ${incident.status}</p>
${
    incident.tactics.length === 0
      ? ""
      : html`<ol class="chain" aria-label="Tactics, in the order of the kill chain">${
        incident.tactics.map((t) => html`<li>${t}</li>`)
      }</ol>`
  }
${timelineSvg(timeline, incident.first, incident.last)}
${alertsHtml(timeline)}
<p class="meta">Incident ${incident.id}</p>
</article>`;
}

/** One mark for each alert on a line of time; the table below says the same in words. */
function timelineSvg(timeline: readonly ReportAlert[], first: number, last: number): Html {
  const width = 1000;
  const x = (t: number) =>
    10 + Math.round((width - 20) * (last > first ? (t - first) / (last - first) : 0.5));
  return html`<svg class="line" viewBox="0 0 ${width} 44" role="img" aria-label="Alerts over time">
<line x1="10" y1="22" x2="${width - 10}" y2="22"/>
${
    timeline.map(({ alert }) =>
      html`
        <circle class="${alert.severity}" cx="${x(alert.time)}" cy="22" r="8">
          <title>${timeText(alert.time)}: ${alert.title}</title>
        </circle>
      `
    )
  }
</svg>
<p class="axis"><span>${timeText(first)}</span><span>${timeText(last)}</span></p>`;
}

function alertsHtml(alerts: readonly ReportAlert[]): Html {
  return html`
    <table class="alerts">
      <thead>
        <tr>
          <th>Time</th>
          <th>Severity</th>
          <th>What happened</th>
        </tr>
      </thead>
      <tbody>
    ${alerts.map(({ alert, evidence }) =>
      html`
        <tr>
          <td class="t">${timeText(alert.time)}</td>
          <td>${chip(alert.severity)}</td>
          <td>
        <b>${alert.title}</b> <span class="meta">${alert.rule}</span><br>${alert.message}
        <div class="meta">${alert.mitre.map((m) =>
          html`
            <a href="${techniqueUrl(m.id)}">${m.id} ${m.name}</a>
          `
        )}
        ${alert.count > 1 ? some(alert.count, "event") : ""}${alert.suppressed > 0
          ? `, ${some(alert.suppressed, "further hit")} held back`
          : ""}
        ${alert.status === "open"
          ? ""
          : html`, ${alert.status}${alert.statusBy ? ` by ${alert.statusBy}` : ""}${
            alert.comment ? `: ${alert.comment}` : ""
          }`}</div>
        ${evidence.length === 0 ? "" : html`
          <details open>
            <summary>Evidence${alert.eventIds.length > evidence.length
              ? `: ${evidence.length} of ${alert.eventIds.length} events`
              : ""}</summary>
            <pre>${evidence.map((e) => `${e.source}: ${shown(e.raw)}`).join("\n")}</pre>
          </details>
        `}
          </td>
        </tr>
      `
    )}
      </tbody>
    </table>
  `;
}

function bars(report: Report): Html {
  const most = Math.max(1, ...report.sourcetypes.map((s) => s.alerts));
  return html`
    <table class="bars">
      <tbody>${report.sourcetypes.map((s) =>
        html`
          <tr>
            <th>${s.sourcetype}</th>
            <td>
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect width="${Math.round(100 * s.alerts / most)}" height="10" />
              </svg>
            </td>
            <td class="n">${s.alerts}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
}

function techniquesHtml(report: Report): Html {
  return html`
    <section>
      <h2>ATT&amp;CK techniques</h2>
      <table>
        <thead>
          <tr>
            <th>Technique</th>
            <th>Tactics</th>
            <th>Rules</th>
            <th class="n">Alerts</th>
          </tr>
        </thead>
        <tbody>
    ${report.techniques.map((t) =>
      html`
        <tr>
          <td><a href="${t.url}">${t.id} ${t.name}</a></td>
          <td>${t.tactics.join(", ")}</td>
          <td>${t.rules.join(", ")}</td>
          <td class="n">${t.alerts}</td>
        </tr>
      `
    )}
        </tbody>
      </table>
    </section>
  `;
}

const chip = (s: Severity): Html => html`<span class="chip ${s}">${s}</span>`;

/** Longest line shown whole. */
const MAX_LINE = 2_000;

/** A line of a log; what is too long for paper is cut, and says so. */
function shown(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)} … (${text.length} characters)` : text;
}
