/// <reference lib="dom" />
import { render } from "preact";
import { useState } from "preact/hooks";
import uPlot from "uplot";
function A() { const [n, set] = useState(0); return <button type="button" onClick={() => set(n + 1)}>{n}{uPlot.name}</button>; }
render(<A />, document.getElementById("app")!);
