/** Attacks in access.log. */
import { alert, type Attack, type Scene } from "./attack.ts";
import { BROWSERS, NIKTO } from "./web.ts";
import { MINUTE, SECOND } from "./world.ts";

/** Looks for what is not there; `agent` is how the client names itself. */
function scan({ logs, src, at }: Scene, agent: string): void {
  // The first three together: whoever looks for pages of administrators is seen by how many they try.
  const words =
    ("admin phpmyadmin administrator backup old test dev api login config db sql dump " +
      "tmp uploads cgi-bin").split(" ");
  let t = at;
  for (let i = 0; i < 45; i++) {
    logs.web.get(t, src, `/${words[i % words.length]}/${i}.php`, 404, agent);
    t += logs.random.int(1, 3) * SECOND;
  }
}

const INJECTION = "/products?id=17%27%20UNION%20SELECT%20null,version(),null--%20-";

export const WEB_ATTACKS: readonly Attack[] = [
  {
    name: "web_scan",
    summary: "Web vulnerability scan with Nikto",
    streams: ["web"],
    lasts: 3 * MINUTE,
    play(scene) {
      scan(scene, NIKTO);
      const entity = { src: scene.src };
      return [
        alert("scanner_agent", entity),
        alert("vulnerability_scan", entity),
        alert("admin_interface_probing", entity),
        alert("product_probing", entity),
      ];
    },
  },
  {
    name: "sql_injection",
    summary: "SQL injection that is answered",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.web.get(at, src, "/products?id=17%27", 500, BROWSERS[1]);
      logs.web.get(at + 9 * SECOND, src, INJECTION, 200, BROWSERS[1]);
      return [alert("sql_injection", { src })];
    },
  },
  {
    name: "path_traversal",
    summary: "Directory traversal that is answered",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.web.get(at, src, "/download?file=..%252f..%252f..%252fetc%252fpasswd", 200, BROWSERS[0]);
      return [alert("path_traversal", { src })];
    },
  },
  {
    name: "command_injection",
    summary: "Command injection that is answered",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.web.get(
        at,
        src,
        "/tools/ping?host=127.0.0.1%3Bcat%20/var/www/config.ini",
        200,
        BROWSERS[0],
      );
      return [alert("command_injection", { src })];
    },
  },
  {
    name: "forced_browsing",
    summary: "Forced browsing of other users' pages, answered with 403",
    streams: ["web"],
    lasts: 2 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 14; i++) {
        logs.web.get(at + i * 6 * SECOND, src, `/account/${1000 + i}/orders`, 403, BROWSERS[2]);
      }
      return [alert("unauthorized_access", { src }), alert("vulnerability_scan", { src })];
    },
  },
  {
    name: "sensitive_file_disclosure",
    summary: "Download of a .env file with credentials",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.web.get(at, src, "/.env", 200, BROWSERS[3]);
      return [alert("restricted_path", { src })];
    },
  },
  {
    name: "http_flood",
    summary: "HTTP request flood on the search page",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 100; i++) {
        logs.web.get(at + i * 200, src, `/search?q=${i}`, 200, BROWSERS[0]);
      }
      return [alert("traffic_spike", { src })];
    },
  },
  {
    name: "scan_exploit_login",
    summary: "Web scan, SQL injection, then SSH login with a stolen password",
    streams: ["web", "auth"],
    lasts: 40 * MINUTE,
    when: "working",
    play(scene) {
      const { at, logs, src } = scene;
      scan(scene, BROWSERS[1]);
      logs.web.get(at + 10 * MINUTE, src, INJECTION, 200, BROWSERS[1]);
      logs.auth("web1").login(at + 25 * MINUTE, src, "wendy", "password", 0, 10);
      const entity = { src };
      return [
        alert("vulnerability_scan", entity),
        alert("sql_injection", entity),
        alert("recon_exploit_login", entity),
        alert("admin_interface_probing", entity),
        alert("product_probing", entity),
      ];
    },
  },
];
