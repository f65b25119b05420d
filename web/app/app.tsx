/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The dashboard's entry: which page an address shows. */
import { render } from "preact";
import { startLive } from "./client/live.ts";
import { startRouter, usePlace } from "./client/router.ts";
import { startTheme } from "./client/theme.ts";
import { Frame } from "./frame.tsx";
import { Keys } from "./keys.tsx";
import { Alerts } from "./pages/alerts.tsx";
import { AlertPageOf } from "./pages/alert.tsx";
import { Attack } from "./pages/attack.tsx";
import { Events } from "./pages/events.tsx";
import { IncidentPageOf } from "./pages/incident.tsx";
import { Incidents } from "./pages/incidents.tsx";
import { Missing } from "./pages/missing.tsx";
import { Overview } from "./pages/overview.tsx";
import { RulePage } from "./pages/rule.tsx";
import { Rules } from "./pages/rules.tsx";
import { SourcetypePage } from "./pages/sourcetype.tsx";
import { Sources } from "./pages/sources.tsx";
import { System } from "./pages/system.tsx";
import { SignedIn } from "./sign_in.tsx";
import { Validator } from "./pages/validator.tsx";
import "uplot/style.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/charts.css";
import "./style/code.css";

function Shown() {
  const { path } = usePlace();
  const [, page, name] = path.split("/").map(decode);
  switch (page) {
    case "":
      return <Overview />;
    case "alerts":
      return name ? <AlertPageOf key={name} id={name} /> : <Alerts />;
    case "incidents":
      return name ? <IncidentPageOf key={name} id={name} /> : <Incidents />;
    case "events":
      return <Events />;
    case "attack":
      return <Attack />;
    case "rules":
      return name ? <RulePage key={name} name={name} /> : <Rules />;
    case "sources":
      return name ? <SourcetypePage key={name} name={name} /> : <Sources />;
    case "validate":
      return <Validator />;
    case "system":
      return <System />;
    default:
      return <Missing />;
  }
}

/** A part of a path; a part that is no valid escape stays as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

startTheme();
startRouter();
startLive();
render(
  <SignedIn>
    <Keys>
      <Frame>
        <Shown />
      </Frame>
    </Keys>
  </SignedIn>,
  document.getElementById("app")!,
);
