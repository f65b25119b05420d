/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The dashboard's entry: which page an address shows. */
import { render } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { startInertText } from "./client/inert_text.ts";
import { startLive } from "./client/live.ts";
import { startRouter, usePlace } from "./client/router.ts";
import { startTheme } from "./client/theme.ts";
import { startZone, useZone } from "./client/zone.ts";
import { Frame } from "./frame.tsx";
import { Keys } from "./keys.tsx";
import { pageAt, type PageSpec } from "./pages.ts";
import { ValueMenu } from "./parts/value_menu.tsx";
import { SignedIn } from "./sign_in.tsx";
import "uplot/style.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/charts.css";
import "./style/code.css";

type Content = Awaited<ReturnType<PageSpec["load"]>>["default"];

/** Components by page, once they are loaded: a page that was shown before is there at once. */
const loaded = new Map<PageSpec, Content>();

function Shown() {
  const { path } = usePlace();
  const { page, value } = pageAt(path);
  const [, again] = useState(0);
  // All that a page shows is made anew in another zone.
  const zone = useZone();
  const Content = loaded.get(page);
  useLayoutEffect(() => {
    if (!Content) {
      page.load().then((m) => {
        loaded.set(page, m.default);
        again((n) => n + 1);
      });
    }
  }, [page, Content]);
  return (
    <Frame title={page.title}>
      {Content && <Content key={`${page.path} ${value} ${zone}`} value={value} />}
    </Frame>
  );
}

startInertText();
startTheme();
startZone();
startRouter();
startLive();
render(
  <SignedIn>
    <Keys>
      <Shown />
      <ValueMenu />
    </Keys>
  </SignedIn>,
  document.getElementById("app")!,
);
