/** Dark and light: what the system prefers until the user says otherwise. */
import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

/** The theme in force. */
export function theme(): Theme {
  const chosen = localStorage.getItem("theme");
  return chosen === "light" || chosen === "dark" ? chosen : prefersDark.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset.theme = theme();
  for (const tell of [...watchers]) tell();
}

/** Takes the other theme, and keeps it. */
export function toggleTheme(): void {
  localStorage.setItem("theme", theme() === "dark" ? "light" : "dark");
  apply();
}

export function startTheme(): void {
  apply();
  prefersDark.addEventListener("change", apply);
}

/** The theme, and a new rendering when it changes: charts draw their colours anew. */
export function useTheme(): Theme {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return theme();
}

/** The value of a colour of the style sheet. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
