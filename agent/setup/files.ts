/** The files of an agent that runs as a service: agent.yaml, the unit of systemd, and its user. */
import type { Machine } from "./machine.ts";

/** The user that the service runs as. */
export const USER = "picket";

/** Where the service's files are. */
export const PATHS = {
  config: "/etc/picket/agent.yaml",
  unit: "/etc/systemd/system/picket.service",
  user: "/etc/sysusers.d/picket.conf",
  state: "/var/lib/picket",
  cache: "/var/cache/picket",
} as const;

/** How the program is started. */
export interface Program {
  /** Deno's binary. */
  readonly deno: string;
  /** Options of Deno besides permissions. */
  readonly options: readonly string[];
  /** The main module. */
  readonly main: string;
  /** What a user types before a command. */
  readonly name: string;
}

/** Whether the journal is read: where no file holds what sshd and sudo say, since it has all of it. */
export const takesJournal = ({ journal, logs }: Machine): boolean =>
  journal && !logs.some(({ path }) => /\/(auth\.log|secure)$/.test(path));

/** agent.yaml for what a machine has; with comments that say what else there is. */
export function agentYaml(machine: Machine, program: Pick<Program, "name">): string {
  const { logs } = machine;
  const width = Math.max(0, ...logs.map(({ path }) => path.length)) + 2;
  const files = logs.map(({ path, what }) => `  - ${quoted(path).padEnd(width)} # ${what}\n`).join(
    "",
  );
  return `# Options of \`agent\` by their names (\`${program.name} help agent\`), and sections. After a change:
#   ${program.name} check --config ${PATHS.config}, then systemctl reload picket
# (what is read and listened to: systemctl restart picket)

${
    takesJournal(machine)
      ? "journal: true # what systemd's services say, sshd and sudo among them\n"
      : machine.journal
      ? "# journal: true # would bring the lines of auth.log or secure once more\n"
      : ""
  }${
    files
      ? `follow: true # through rotation; a file may appear later\nfiles:\n${files}`
      : "# follow: true\n# files: [/srv/app/log/*.log]\n"
  }# listen: ["udp://0.0.0.0:514", "tcp://0.0.0.0:514"] # syslog of other machines
# tz: Europe/Zurich # of times that name no zone (default: this machine's)

data: ${PATHS.state} # or DATABASE_URL_FILE in the unit, for PostgreSQL
keep: 30d # events older than this go; alerts stay
serve: 127.0.0.1:7400 # the dashboard; on another address it asks for a token

# Where alerts go besides the dashboard: \`${program.name} sinks types\`
# sinks:
#   chat: { type: slack, url_file: /etc/picket/slack.url, min_severity: high }

# What is no alert here: \`${program.name} help except\`
# disable: [ssh_protocol_probe]
# params: { ssh_brute_force.threshold: 8 }
`;
}

/** YAML takes a text with these characters as something else. */
const quoted = (path: string): string =>
  /[*&!{}[\],#|>@%]/.test(path) ? JSON.stringify(path) : path;

/** Groups whose members may read what is found, for the service's user. */
export function groupsOf(machine: Machine): string[] {
  const groups = new Set(machine.logs.flatMap((log) => log.groups ?? []));
  if (takesJournal(machine)) groups.add("systemd-journal");
  return [...groups].sort();
}

/** For systemd-sysusers (sysusers.d(5)): the user, and the groups that it is in. */
export function sysusers(machine: Machine): string {
  return `# Made by systemd-sysusers
u ${USER} - "Picket" ${PATHS.state}
${groupsOf(machine).map((group) => `m ${USER} ${group}\n`).join("")}`;
}

/** Variables that the service may see; those of sinks begin with PICKET_. */
export const VARIABLES = [
  "DATABASE_URL",
  "DATABASE_URL_FILE",
  "HOME",
  "LOG_LEVEL",
  "LOG_STREAM",
  "LOG_TOKENS",
  "NO_COLOR",
  "PG*",
  "PICKET_*",
  "PORT",
  "USER",
  "XDG_CACHE_HOME",
];

/**
 * The unit. Deno is called directly: behind a launcher it would outlive a SIGKILL. MemoryDenyWriteExecute
 * is not set, since V8 compiles to memory; system calls outside @system-service fail with EPERM, as Deno
 * tries some and goes on without.
 */
export function systemdUnit(program: Program): string {
  const { deno, options, main } = program;
  const start = [
    deno,
    "run",
    "--quiet",
    "--no-prompt",
    ...options,
    "--allow-read",
    `--allow-write=${PATHS.state},${PATHS.cache},/tmp`,
    "--allow-net",
    `--allow-run=cat,journalctl,deno,${deno}`,
    "--allow-sys=uid",
    `--allow-env=${VARIABLES.join(",")}`,
    main,
    "agent",
    "--config",
    PATHS.config,
  ];
  return `[Unit]
Description=Picket: detections from logs
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${start.map(word).join(" \\\n  ")}
# Reads agent.yaml, rules and sourcetypes anew; a mistake leaves the old ones running.
ExecReload=/bin/kill -HUP $MAINPID
User=${USER}
# Alerts are in the store and go to sinks; what is said of the run goes to the journal.
StandardOutput=null
Restart=on-failure
RestartSec=5
# A batch is finished and the checkpoint written before it ends.
TimeoutStopSec=60

StateDirectory=picket
StateDirectoryMode=0700
CacheDirectory=picket
CacheDirectoryMode=0700
WorkingDirectory=${PATHS.state}
Environment=DENO_DIR=${PATHS.cache}/deno XDG_CACHE_HOME=/var/cache HOME=${PATHS.state} DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
# Its own lines in the journal are left out when the journal is read.
Environment=PICKET_UNIT=%n
# PostgreSQL instead of the folder, and other variables: see the README.
#Environment=DATABASE_URL_FILE=/etc/picket/database.url

# Ports under 1024, and logs that root alone may read (better: setfacl -m u:${USER}:r FILE):
#AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_DAC_READ_SEARCH
#CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_DAC_READ_SEARCH
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}

/** A word of ExecStart (systemd.service(5)): specifiers and variables are not meant, spaces are kept. */
function word(text: string): string {
  const plain = text.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(plain) ? `"${plain.replaceAll(/["\\]/g, "\\$&")}"` : plain;
}
