/** Line icons, drawn here so that nothing is fetched. */

const PATHS = {
  overview: "M3 3h6v7H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 12h6v5H3z",
  alerts: "M10 3a5 5 0 0 0-5 5v3.5L3.5 14h13L15 11.5V8a5 5 0 0 0-5-5zM8 16.5h4",
  incidents: "M4 4v12M4 6h5M4 10h9M4 14h6M12 6h4M16 10h0M13 14h3",
  events: "M3 5h14M3 8.5h14M3 12h10M3 15.5h7",
  search: "M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM12.5 12.5L17 17",
  deliveries: "M3 10l14-6-4 13-3.5-5zM9.5 12L17 4",
  attack:
    "M3 3h4v4H3zM8.5 3h3v4h-3zM13 3h4v4h-4zM3 8.5h4v3H3zM8.5 8.5h3v3h-3zM13 13h4v4h-4zM3 13h4v4H3z",
  rules: "M5 3h7l4 4v10H5zM12 3v4h4M8 11h5M8 14h5",
  sources:
    "M10 3c3.9 0 6 1 6 2.2S13.9 7.5 10 7.5 4 6.4 4 5.2 6.1 3 10 3zM4 5.2v9.6C4 16 6.1 17 10 17s6-1 6-2.2V5.2M4 10c0 1.2 2.1 2.2 6 2.2s6-1 6-2.2",
  validate: "M10 3l6 2.5V10c0 3.5-2.5 6-6 7-3.5-1-6-3.5-6-7V5.5zM7.5 10l2 2 3.5-4",
  tuning: "M3 6h9M15 6h2M3 10h3M9 10h8M3 14h8M14 14h3M12 4v4M6 8v4M11 12v4",
  system: "M2.5 10.5h3.5l2-5 3.5 9 2-4h4",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5L5 15",
  star: "M10 3l2.1 4.4 4.9.6-3.6 3.3.9 4.8L10 13.8 5.7 16.1l.9-4.8L3 8l4.9-.6z",
  risk: "M3 14a7 7 0 0 1 14 0M10 14l3.5-4.5M10 14h.01",
  sun:
    "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M15.7 4.3l-1.4 1.4M5.7 14.3l-1.4 1.4",
  moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  columns: "M3 4h14v12H3zM8 4v12M12.5 4v12",
  download: "M10 3v9M6.5 9l3.5 3.5L13.5 9M4 16h12",
  link: "M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7",
  play: "M6 4l10 6-10 6z",
  pause: "M7 4v12M13 4v12",
  refresh: "M16 10a6 6 0 1 1-1.8-4.3M16 3v3.5h-3.5",
  back: "M12 4l-6 6 6 6",
  out: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
} as const;

export type IconName = keyof typeof PATHS;

/** The icon of a page: that of its address's first segment, or a sheet. */
export function iconOf(path: string): IconName {
  const name = path.split("/")[1] || "overview";
  return Object.hasOwn(PATHS, name) ? name as IconName : "rules";
}

/** An icon beside words, so hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
