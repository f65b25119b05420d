/** Ordinary days, each a log of one kind in which nothing happened: no alert of medium or more. */
import assert from "node:assert/strict";
import {
  acc,
  alertsOf,
  atLeast,
  FIREFOX,
  iso,
  range,
  started,
  type Story,
  sys,
  told,
  win,
} from "./logs.ts";

const DAYS: readonly Story[] = [
  ["apt upgrade", [
    ...range(30).map((i) =>
      `2026-03-10 04:0${i % 10}:1${i % 6} status installed libfoo${i}:amd64 1.${i}`
    ),
  ]],
  ["unattended upgrades syslog", [
    sys(0, "systemd[1]", "Starting Daily apt upgrade and clean activities..."),
    ...range(10).map((i) => sys(i + 1, "systemd[1]", `Reloading.`)),
    sys(20, "systemd[1]", "Stopping OpenSSH server..."),
    sys(21, "sshd[811]", "Received signal 15; terminating."),
    sys(22, "sshd[900]", "Server listening on 0.0.0.0 port 22."),
    sys(
      24,
      "useradd[77]",
      "new user: name=_chrony, UID=115, GID=121, home=/var/lib/chrony, shell=/usr/sbin/nologin, from=none",
    ),
  ]],
  ["backups rsync nightly", [
    ...range(20).map((i) =>
      sys(
        i * 86400 / 20,
        `sshd[${i + 10}]`,
        `Accepted publickey for backup from 10.0.0.9 port ${50000 + i} ssh2: ED25519 SHA256:abc`,
      )
    ),
    ...range(20).map((i) =>
      sys(
        i * 86400 / 20 + 30,
        `sshd[${i + 10}]`,
        `pam_unix(sshd:session): session closed for user backup`,
      )
    ),
  ]],
  [
    "cron hourly",
    range(48).map((i) =>
      sys(i * 1800, `CRON[${i + 100}]`, `(root) CMD (cd / && run-parts --report /etc/cron.hourly)`)
    ),
  ],
  [
    "cron curl healthcheck",
    range(48).map((i) =>
      sys(
        i * 1800,
        `CRON[${i + 100}]`,
        `(www-data) CMD (curl -fsS -m 10 https://hc-ping.com/abc > /dev/null)`,
      )
    ),
  ],
  [
    "monitoring probes",
    range(300).map((i) => acc(i * 10, "10.0.0.5", "GET /health", 200, 15, "Prometheus/2.45")),
  ],
  [
    "monitoring probe 401 on login page",
    range(300).map((i) =>
      acc(i * 60, "10.0.0.5", "GET /login", 200, 1500, "check_http/v2.3 (monitoring-plugins 2.3)")
    ),
  ],
  [
    "nagios ssh probes",
    range(200).map((i) =>
      sys(i * 300, `sshd[${i + 10}]`, `Connection closed by 10.0.0.5 port ${40000 + i} [preauth]`)
    ),
  ],
  [
    "ci logins",
    range(60).map((i) =>
      sys(
        i * 120,
        `sshd[${i + 10}]`,
        `Accepted publickey for deploy from 10.0.0.${20 + i % 3} port ${
          50000 + i
        } ssh2: RSA SHA256:ci`,
      )
    ),
  ],
  [
    "browser",
    range(90).map((i) =>
      acc(
        Math.floor(i / 6),
        "198.51.100.30",
        i === 0 ? "GET /" : `GET /static/app.${i}.js`,
        i === 17 ? 404 : 200,
        9000,
        FIREFOX,
        i === 0 ? "-" : "https://www.example.com/",
      )
    ),
  ],
  [
    "crawler",
    range(400).map((i) =>
      acc(
        i * 9,
        "66.249.66.1",
        `GET /articles/${i}`,
        i % 23 === 0 ? 404 : i % 11 === 0 ? 301 : 200,
        9000,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
      )
    ),
  ],
  ["browser favicon/apple icons/well-known 404", [
    ..."/favicon.ico /apple-touch-icon.png /apple-touch-icon-precomposed.png /.well-known/security.txt /robots.txt /.well-known/apple-app-site-association /ads.txt /browserconfig.xml"
      .split(" ").map((p, i) => acc(i, "198.51.100.30", `GET ${p}`, 404, 150, FIREFOX)),
  ]],
  ["one mistyped password", [
    sys(0, "sshd[11]", "Failed password for ann from 192.168.1.20 port 50122 ssh2"),
    sys(6, "sshd[11]", "Accepted password for ann from 192.168.1.20 port 50122 ssh2"),
  ]],
  ["sudo mistyped once", [
    sys(
      0,
      "sudo[11]",
      "pam_unix(sudo:auth): authentication failure; logname=ann uid=1000 euid=0 tty=/dev/pts/0 ruser=ann rhost=  user=ann",
    ),
    sys(
      6,
      "sudo[11]",
      "     ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/usr/bin/apt update",
    ),
  ]],
  [
    "dhcp",
    range(100).map((i) =>
      sys(
        i * 30,
        "dhcpd[11]",
        i % 2
          ? `DHCPACK on 192.168.1.${40 + i % 20} to 00:1a:2b:3c:4d:${10 + i % 20} via eth0`
          : `DHCPREQUEST for 192.168.1.${40 + i % 20} from 00:1a:2b:3c:4d:${10 + i % 20} via eth0`,
      )
    ),
  ],
  ["screensaver", [
    sys(0, "gnome-screensaver-dialog", "gkr-pam: unlocked login keyring", "pc1"),
    sys(
      5,
      "kscreenlocker_greet[11]",
      "pam_unix(kde:auth): authentication failure; logname=ann uid=1000 euid=1000 tty=:0 ruser= rhost=  user=ann",
      "pc1",
    ),
  ]],
  ["windows ordinary day", [
    ...range(60).map((i) =>
      win(i * 60, "Security", 4624, {
        TargetUserName: ["SYSTEM", "SRV1$", "ann"][i % 3],
        TargetDomainName: "CORP",
        LogonType: ["5", "3", "3"][i % 3],
        IpAddress: i % 3 === 0 ? "-" : "10.1.2.21",
        LogonProcessName: "Kerberos",
        AuthenticationPackageName: "Kerberos",
      })
    ),
    win(100, "System", 7045, {
      ServiceName: "Google Update Service (gupdate)",
      ImagePath: '"C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe" /svc',
      ServiceType: "user mode service",
      StartType: "auto start",
      AccountName: "LocalSystem",
    }),
    win(200, "Security", 4688, {
      SubjectUserName: "ann",
      NewProcessName: "C:\\Windows\\System32\\rundll32.exe",
      CommandLine: "rundll32.exe shell32.dll,Control_RunDLL",
      ParentProcessName: "C:\\Windows\\explorer.exe",
    }),
    win(300, "Security", 4688, {
      SubjectUserName: "SRV1$",
      NewProcessName: "C:\\Windows\\System32\\svchost.exe",
      CommandLine: "svchost.exe -k netsvcs",
      ParentProcessName: "C:\\Windows\\System32\\services.exe",
    }),
    win(400, "Security", 4625, {
      TargetUserName: "ann",
      TargetDomainName: "CORP",
      LogonType: "2",
      IpAddress: "127.0.0.1",
      Status: "0xc000006d",
      SubStatus: "0xc000006a",
    }),
  ]],
  [
    "kerberos ordinary 4769 AES",
    range(60).map((i) =>
      win(i * 10, "Security", 4769, {
        TargetUserName: `user${i % 7}@CORP.EXAMPLE`,
        ServiceName: `SRV${i % 9}$`,
        TicketEncryptionType: "0x12",
        TicketOptions: "0x40810000",
        IpAddress: `::ffff:10.1.2.${20 + i % 7}`,
        Status: "0x0",
      }, "dc1.corp.example")
    ),
  ],
  ["DC replication 4662 by machine account", [win(0, "Security", 4662, {
    SubjectUserName: "DC2$",
    SubjectDomainName: "CORP",
    ObjectServer: "DS",
    ObjectType: "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
    AccessMask: "0x100",
    Properties:
      "%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}",
  }, "dc1.corp.example")]],
  [
    "expired app password of one phone, imap",
    range(6).map((i) =>
      sys(
        i * 3600,
        "dovecot",
        `imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann@example.com>, method=PLAIN, rip=192.168.1.30, lip=192.0.2.2, TLS, session=<a${i}>`,
      )
    ),
  ],
  [
    "dns ordinary",
    range(300).map((i) =>
      sys(
        i * 2,
        "dnsmasq[811]",
        `query[A] ${
          [
            "www.example.com",
            "api.github.com",
            "d3ag4hukkh62yn.cloudfront.net",
            "e6858.dscx.akamaiedge.net",
          ][i % 4]
        } from 192.168.1.44`,
        "dns1",
      )
    ),
  ],
  [
    "backup upload big out to cloud",
    range(6).map((i) => acc(i * 600, "198.51.100.30", "PUT /backup/part", 200, 200, "restic/0.16")),
  ],
  [
    "firewall noise",
    range(100).map((i) =>
      sys(
        i * 60,
        "kernel",
        `[12345.678] [UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=198.51.100.${
          i + 1
        } DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=50122 DPT=${
          [23, 22, 445, 3389, 8080][i % 5]
        } WINDOW=1024 RES=0x00 SYN URGP=0`,
        "fw1",
      )
    ),
  ],
  [
    "multicast noise",
    range(200).map((i) =>
      sys(
        i * 30,
        "kernel",
        `[12345.678] [UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=192.168.1.1 DST=224.0.0.1 LEN=36 TOS=0x00 PREC=0xC0 TTL=1 ID=0 DF PROTO=2`,
        "pc1",
      )
    ),
  ],
  ["user resets password in app", [
    JSON.stringify({
      time: iso(0),
      msg: "password reset requested",
      user: "bob",
      ip: "198.51.100.3",
    }),
    JSON.stringify({ time: iso(60), msg: "login successful", user: "bob", ip: "198.51.100.3" }),
  ]],
  ["uploads photo and views it", [
    acc(0, "198.51.100.30", "POST /upload", 302, 0, FIREFOX),
    acc(2, "198.51.100.30", "GET /uploads/photo.jpg", 200, 90000, FIREFOX),
    acc(3, "198.51.100.30", "GET /view.php?id=77", 200, 9000, FIREFOX),
  ]],
  ["docker compose up", [
    ...started(0, 701, 1000, "/usr/bin/docker", [
      "docker",
      "run",
      "-v",
      "/srv/data:/data",
      "-d",
      "nginx",
    ]),
  ]],
  [
    "k8s ordinary",
    range(20).map((i) =>
      JSON.stringify({
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        level: "Metadata",
        auditID: "x" + i,
        stage: "ResponseComplete",
        requestURI: "/api/v1/namespaces/default/pods",
        verb: ["list", "watch", "get"][i % 3],
        user: { username: "system:serviceaccount:kube-system:x" },
        sourceIPs: ["10.0.0.3"],
        objectRef: { resource: "pods", namespace: "default" },
        responseStatus: { code: 200 },
        requestReceivedTimestamp: iso(i),
        stageTimestamp: iso(i),
      })
    ),
  ],
];

for (const [name, lines] of DAYS) {
  Deno.test(`an ordinary day raises nothing: ${name}`, () => {
    const alerts = alertsOf(lines).filter((a) => atLeast(a.severity, "medium"));
    assert.deepEqual(alerts.map((a) => a.rule), [], told(alerts));
  });
}
