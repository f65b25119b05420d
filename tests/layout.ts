/** What holds between folders: which may import which, and that none imports itself by a detour. */

/** Module → the modules that it imports, as paths from the root. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Folder → what it may import. `x` is that folder alone, `x/` with all below it. */
export type Layout = Readonly<Record<string, readonly string[]>>;

/** The folder of a module; a module at the root stands for itself. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at < 0 ? path : path.slice(0, at);
}

const below = (folder: string, top: string) => folder === top || folder.startsWith(top + "/");

/**
 * Imports that the layout does not allow, one line each. The longest entry that a folder is below
 * counts for it; folders below one entry may import each other.
 */
export function forbidden(graph: Graph, layout: Layout): string[] {
  const entries = Object.keys(layout).sort((a, b) => b.length - a.length);
  const wrong: string[] = [];
  for (const [from, targets] of graph) {
    const folder = folderOf(from);
    const entry = entries.find((e) => below(folder, e));
    if (entry === undefined) {
      wrong.push(`${from} is in a folder that the layout does not name`);
      continue;
    }
    for (const to of targets) {
      const target = folderOf(to);
      const allowed = entries.find((e) => below(target, e)) === entry ||
        layout[entry].some((a) => a.endsWith("/") ? below(target, a.slice(0, -1)) : target === a);
      if (!allowed) wrong.push(`${from} imports ${to}`);
    }
  }
  return wrong;
}

/** The graph of folders: an edge for every import between two of them. */
export function folders(graph: Graph): Graph {
  const out = new Map<string, Set<string>>();
  for (const [from, targets] of graph) {
    const edges = out.get(folderOf(from)) ?? new Set();
    out.set(folderOf(from), edges);
    for (const to of targets) if (folderOf(to) !== folderOf(from)) edges.add(folderOf(to));
  }
  return out;
}

/**
 * Strongly connected components of more than one node, each sorted and joined by " ↔ " (Tarjan's
 * algorithm).
 */
export function circles(graph: Graph): string[] {
  const index = new Map<string, number>(), low = new Map<string, number>();
  const stack: string[] = [];
  const out: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const to of graph.get(node) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(node, Math.min(low.get(node)!, low.get(to)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    if (members.length > 1) out.push(members.sort().join(" ↔ "));
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return out.sort();
}
