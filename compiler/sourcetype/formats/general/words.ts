/**
 * The words in which services speak of logins, clients and servers: the one table of the general reading.
 * Everything is in lower case and one word; `tokens.ts` splits `AuthFailed`, `auth-failure` and `login_error`
 * into such words. A word that helps one service and misleads another does not belong here.
 */

const set = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Nouns of authentication. A public key is none: clients offer several, and each but one is refused. */
export const AUTHENTICATION = set(`
  login logins logon logons signin authentication authenticating authenticate authenticates auth
  authenticator authorization authorisation authz password passwords passwd passphrase passcode passwort credential
  credentials creds otp totp mfa 2fa bruteforce userauth rcon sasl kerberos keyboardinteractive hostbased registration
  challenge preauth anmeldung anmeldeversuch authentifizierung kennwort kennworts connexion authentification
  autenticación contraseña autenticazione senha wachtwoord`);

/** Nouns that are of authentication beside a word of `UNKNOWN_TO` only. */
export const PRINCIPAL = set(`
  user users username usernames account accounts member principal identity token apikey
  peer`);

/** Words of refusal, beside a noun of authentication. */
export const REFUSAL = set(`
  failed fail fails failure failures failing invalid incorrect wrong bad denied deny refused refuse rejected
  reject unsuccessful unsuccessfully mismatch mismatched mismatches unknown unauthorized unauthorised
  forbidden illegal nonexistent notexist unrecognized unrecognised excessive blocked banned
  disabled locked lockout fehlgeschlagen fehlerhafter fehlerhaft ungueltig throttled disallowed unable cannot impossible unacceptable gescheitert falsch falsches falsche abgelehnt ungültig
  ungültige ungültiges verweigert permfail échoué échouée échec incorrecte refusé refusée invalide fallido fallida fallo
  incorrecta incorrecto inválido inválida rechazado rechazada denegado fallito fallita errata`);

/** Of these and beside them, what says it only close to its noun: "password expired", "account has been locked". */
export const REFUSAL_NEAR = set("expired");

/** Of these, what says of a principal that it has no right to come in. */
export const UNKNOWN_TO = set(`
  invalid unknown illegal nonexistent notexist unauthorized unauthorised unrecognized unrecognised denied
  incorrect wrong bad disabled locked rejected forbidden disallowed`);

/** Of these, what says it only after a "not", "no" or "n't": "does not exist", "no such user". */
export const AFTER_NOT = set(`
  exist exists find found match matching matched matches allowed permitted authorized authorised authenticated
  authenticate accepted valid correct recognized recognised known verified such login approved allow`);

/** An error is a refusal right beside a noun only: "authentication error". */
export const ERROR = set("error errors");

/** Words of success, beside a noun of authentication. */
export const SUCCESS = set(`
  accepted successful successfully succeeded succeeds success granted ok passed completed approved erfolgreich réussie
  réussi exitoso exitosa`);

/** The same in a label of two words, "LOGON-ACCEPT": in a sentence a server is "ready to accept". */
export const SUCCESS_LABEL = set("accept accepts allow allowed pass");

/** Words that say by themselves that somebody came in. */
export const CAME_IN = set("loggedin authenticated signedin loggedon");

/** What turns the word after it around. */
export const NEGATION = set(
  "no not never without zero non nor 0 cannot unable couldn didn doesn isn wasn hasn aren weren haven nicht kein keine",
);

/** "failed to …": of these verbs only it is a login that failed. */
export const TO_COME_IN = set(
  "login logon signin authenticate auth authorize verify validate identify bind log sign",
);

/** Nouns of the network, beside a word of `BLOCK`. */
export const NETWORK = set(`
  connection connections connect packet packets traffic port ports tcp udp icmp host hosts attackalert query
  request requests scan session peer flow address addresses ip client transfer zone rcpt relay relaying helo ehlo
  expn vrfy smtp mail sender recipient command commands proto call calls register invite axfr ixfr notify`);

/** Words for what was kept out. */
export const BLOCK = set(`
  blocked block blocking blocks banned ban banning bans dropped drop dropping rejected reject rejecting denied
  deny refused refuse disallowed blacklisted blocklisted unallowed limiting throttled throttling unauthorized unauthorised`);

/** What keeps a server from judging a login: "Connection lost to authentication server". */
export const BROKEN = set(
  "lost unreachable unavailable temporary temporarily timeout timeouts outage",
);

/** What is broken then. */
export const BACKEND = set("server servers service backend backends database db ldap upstream");

/** Who comes: words before an address, and parts of the names of keys. */
export const CLIENT = set(`
  from von desde depuis client clientip remote rip rhost raddr src source peer attacker offender visitor oip cip caller requester
  originator foreign connecting srcip sourceip remip ban banned banning bans unban
  blocked blocking blocks denied rejecting rejected dropping downstream saddr remhost
  suspect hacker scanner intruder bot negotiate orig`);

/** Lower-case names of keys made of a role and a word for an address: `userip`, `remotehost`. */
export const ROLE_ADDRESS =
  /^(?!localhost$)(?:(user|client|remote|src|source|peer|caller|attacker|orig|origin)|(server|dest|destination|dst|local|target|virtual))(?:ip|ips|addr|address|host|hostname)$/;

/** Words before an address that say only that it is one. */
export const ADDRESS = set(
  "connection network ip ips ipaddr ipaddress address addresses addr host hostname by for endpoint ipv4 ipv6 inet user query detected",
);

/** Who is come to: words before an address, and parts of the names of keys. */
export const SERVER = set(`
  to dest destination dst dstip dip nas authserver lip local laddr daddr server listen listening listens on bind binding bound upstream
  via proxy gateway nameserver target backend into interface forwarded forwarder self
  resolver dns ntp router forward against towards started serving xff allowed i resp vserver vip selected`);

/** Of these, what says it of anything that is looked at, so that it counts only beside a verdict. */
export const ADDRESS_WEAK = set("for query user");

/** Subjects behind a noun of authentication, with which it speaks of no login: "password policy". */
export const TOPIC = set(`
  policy policies page pages cache caches settings setting configuration config report reports template file files
  history expiry strength length age form screen dialog reset`);

/** Words before a name that say what kind of name it is: "for principal bob". */
export const KIND = set(
  "principal customer member identity mailbox login account user username email operator",
);

/** Values that stand for nobody. */
export const NOBODY = set(
  "unknown null none undefined nil n/a na - -- (none) (unknown) <unknown> (null)",
);

/** Words before an address that somebody claims, and that is nobody's. */
export const CLAIMED = set("helo ehlo referer referrer");

/** Names of keys, and words before a name, that an account stands after. */
export const ACCOUNT = set(`
  user username userid usr uname account acct login logname email mail principal identity member ruser luser
  loginname useremail remoteuser srcuser targetuser accountname accountid setid alternateid benutzer benutzers users
  benutzername utilisateur usuario
  principalemail userprincipalname upn`);

/** What a word after an account's word is when it is no account. */
export const NO_ACCOUNT = set(`
  from by for is or and has was had have with the a an to in on at of that this who whom as via attempt attempts
  attempted name names ip address host error errors using request requests null none not no does did doesn didn
  tried try trying id agent password passwords authentication auth authenticated login logon logged signed session data info details
  lookup list record records account accounts user users username userinfo unknown invalid failed failure fail incorrect denied exists exist
  found rejected rejects disabled locked connected disconnected connecting connection registration created deleted
  added removed via type group role input database db table service server client true false bad wrong
  may could can cannot will would should must are be been being attempting accepted ok success successful
  successfully credentials credential opened closed action nan undefined token header format it
  nonexistent unauthorized unauthorised forbidden illegal realm mismatch authorization authorisation such valid existing
  inactive expired probably domain which yet anymore again benutzer`);

/** Levels of severity as programs write them. */
export const LEVEL = set(`
  trace debug info information informational notice warn warning error err fatal critical crit severe alert emerg
  emergency panic inf wrn dbg ftl verbose fine finer finest config security`);

/** Names of keys whose text says what happened. */
export const EVENT_KEYS = set(`
  event eventtype eventname eventid eventaction action activity operation type msg message error
  reason log description text summary metricname detail details errormessage status result outcome name operationname activitydisplayname methodname`);

/** Names of keys whose value is the outcome by itself. */
export const OUTCOME_KEYS = set(
  "outcome result status success succeeded action eventoutcome state res decision verdict disposition authresult authsuccess",
);

/** Values of those keys. */
export const OUTCOMES: ReadonlyMap<string, "failure" | "success" | "blocked" | "allowed"> = new Map(
  [
    ...["failure", "failed", "fail", "false", "error", "unsuccessful", "invalid", "unauthorized"]
      .map((v) => [v, "failure"] as const),
    ...["success", "successful", "succeeded", "ok", "true", "passed"].map((v) =>
      [v, "success"] as const
    ),
    ...["denied", "deny", "blocked", "block", "dropped", "drop", "rejected", "reject", "discard"]
      .map((v) => [v, "blocked"] as const),
    ...["allowed", "allow", "accepted", "accept", "permit", "permitted", "pass", "granted"]
      .map((v) => [v, "allowed"] as const),
  ],
);

/** Names of keys that hold the moment of the event, the best first. */
export const TIME_KEYS = [
  "@timestamp",
  "timestamp",
  "time",
  "ts",
  "eventtime",
  "datetime",
  "date",
  "asctime",
  "t",
  "utc",
  "utctime",
  "starttime",
  "startutc",
  "created",
  "createdat",
  "createddatetime",
  "activitydatetime",
  "published",
  "occurred",
  "eventcreated",
  "logtime",
];
