/**
 * A line or two of each format that many sites have, as their vendors' documents show them: each reaches
 * its dataset with who came from where, and what came of it.
 */
import assert from "node:assert/strict";
import { load } from "../../agent/content/load.ts";
import { InputHandle } from "../../agent/input.ts";
import { LineReader } from "../../agent/stages/lines.ts";
import { createParser, recognise } from "../../compiler/sourcetype/mod.ts";

/**
 * Of the first line, or of the one that `DATASET#N` counts from 0: its dataset (`*`: any or none), src, user and
 * action. Undefined: not looked at; `*` any, `a|b` one of them.
 */
type Expected = readonly [
  dataset: string,
  src: string | undefined,
  user: string | undefined,
  action: string | undefined,
];

const FORMATS: readonly (readonly [name: string, lines: readonly string[], expected: Expected])[] =
  [
    ["haproxy http header", [
      `Mar 29 10:15:01 lb1 haproxy[14389]: 203.0.113.9:33317 [29/Mar/2026:10:15:01.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"`,
    ], ["Web", "203.0.113.9", undefined, "success"]],
    ["haproxy http no header", [
      `203.0.113.9:33317 [29/Mar/2026:10:15:01.655] http-in static/srv1 10/0/30/69/109 403 2750 - - ---- 1/1/1/1/0 0/0 "GET /admin HTTP/1.1"`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["haproxy tcp", [
      `Mar 29 10:15:01 lb1 haproxy[14387]: 203.0.113.9:33313 [29/Mar/2026:10:15:01.321] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0`,
    ], ["Network_Traffic", "203.0.113.9", undefined, undefined]],
    ["nginx proxy manager access", [
      `[29/Mar/2026:10:15:01 +0000] - 200 200 - GET https app.example.com "/login" [Client 203.0.113.9] [Length 1234] [Gzip -] [Sent-to 192.168.1.10] "Mozilla/5.0 (X11; Linux x86_64)" "-"`,
    ], ["Web", "203.0.113.9", undefined, "success"]],
    ["npm default host", [
      `[29/Mar/2026:10:15:01 +0000] 404 - GET http 192.0.2.1 "/phpmyadmin/" [Client 203.0.113.9] [Length 118] [Gzip 1.20] "Mozilla/5.0" "-"`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["apache error auth", [
      `[Sun Mar 29 10:15:01.123456 2026] [auth_basic:error] [pid 1234:tid 139] [client 203.0.113.9:50122] AH01618: user bob not found: /private/`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["apache error mismatch", [
      `[Sun Mar 29 10:15:01.123456 2026] [auth_basic:error] [pid 1234] [client 203.0.113.9:50122] AH01617: user bob: authentication failure for "/private/": Password Mismatch`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["apache error remote", [
      `[Sun Mar 29 10:15:01.123456 2026] [auth_basic:error] [pid 1234:tid 139] [remote 203.0.113.9:50122] AH01618: user bob not found: /private/`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["apache 2.2 error", [
      `[Sun Mar 29 10:15:01 2026] [error] [client 203.0.113.9] user bob: authentication failure for "/admin": Password Mismatch`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["apache denied", [
      `[Sun Mar 29 10:15:01.123456 2026] [authz_core:error] [pid 1234:tid 139] [client 203.0.113.9:50122] AH01630: client denied by server configuration: /var/www/html/.htaccess`,
    ], ["*", "203.0.113.9", undefined, "blocked|failure"]],
    ["modsecurity apache", [
      `[Sun Mar 29 10:15:01.123456 2026] [:error] [pid 1234:tid 139] [client 203.0.113.9:50122] [client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 2). Matched "Operator \`Ge' with parameter \`5' against variable \`TX:ANOMALY_SCORE' (Value: \`5' ) [file "/etc/modsecurity/rules/REQUEST-949-BLOCKING-EVALUATION.conf"] [line "80"] [id "949110"] [rev ""] [msg "Inbound Anomaly Score Exceeded (Total Score: 5)"] [data ""] [severity "2"] [ver "OWASP_CRS/3.2.0"] [maturity "0"] [accuracy "0"] [hostname "www.example.com"] [uri "/"] [unique_id "159"] [ref ""]`,
    ], ["*", "203.0.113.9", undefined, "blocked"]],
    ["modsecurity nginx", [
      `2026/03/29 10:15:01 [error] 1234#1234: *5 [client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 1). Matched "Operator \`Rx' with parameter \`x' against variable \`REQUEST_HEADERS:Host' (Value: \`x' ) [file "/etc/nginx/modsec/main.conf"] [line "5"] [id "1234"] [rev ""] [msg "Test"] [data ""] [severity "0"] [hostname "192.0.2.1"] [uri "/"] [unique_id "1"] [ref ""], client: 203.0.113.9, server: _, request: "GET / HTTP/1.1", host: "localhost"`,
    ], ["*", "203.0.113.9", undefined, "blocked"]],
    ["caddy json", [
      `{"level":"info","ts":1774779301.123,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.9","remote_port":"41342","client_ip":"203.0.113.9","proto":"HTTP/2.0","method":"GET","host":"example.com","uri":"/admin","headers":{"User-Agent":["curl/7.82.0"]},"tls":{"resumed":false,"version":772}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":403,"resp_headers":{"Server":["Caddy"]}}`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["traefik clf", [
      `203.0.113.9 - bob [29/Mar/2026:10:15:01 +0000] "GET /api HTTP/2.0" 401 17 "-" "Mozilla/5.0" 1234 "api@docker" "http://10.0.0.5:80" 3ms`,
    ], ["Web", "203.0.113.9", "bob", "failure"]],
    ["traefik json", [
      `{"ClientAddr":"203.0.113.9:50122","ClientHost":"203.0.113.9","ClientPort":"50122","ClientUsername":"-","DownstreamContentSize":17,"DownstreamStatus":401,"Duration":1234567,"OriginStatus":401,"RequestAddr":"app.example.com","RequestHost":"app.example.com","RequestMethod":"GET","RequestPath":"/login","RequestProtocol":"HTTP/2.0","RouterName":"app@docker","ServiceName":"app@docker","StartUTC":"2026-03-29T10:15:01.123456789Z","entryPointName":"websecure","level":"info","msg":"","time":"2026-03-29T10:15:01Z"}`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["envoy text", [
      `[2026-03-29T10:15:01.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "203.0.113.9" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.0.5:80"`,
    ], ["Web", "203.0.113.9", undefined, "success"]],
    ["envoy istio text", [
      `[2026-03-29T10:15:01.310Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 203.0.113.9:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["envoy json", [
      `{"start_time":"2026-03-29T10:15:01.310Z","method":"GET","path":"/admin","protocol":"HTTP/1.1","response_code":403,"response_flags":"-","bytes_received":0,"bytes_sent":135,"duration":4,"x_forwarded_for":"203.0.113.9","user_agent":"curl/7.73.0","request_id":"84961386","authority":"httpbin:8000","upstream_host":"10.44.1.27:80","downstream_remote_address":"203.0.113.9:37652","downstream_local_address":"10.44.1.27:80"}`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["postgres failed", [
      `2026-03-29 10:15:01.123 UTC [1234] bob@shop FATAL:  password authentication failed for user "bob"`,
      `2026-03-29 10:15:01.123 UTC [1234] bob@shop DETAIL:  Connection matched pg_hba.conf line 95: "host all all 0.0.0.0/0 md5"`,
    ], ["Authentication", undefined, "bob", "failure"]],
    ["postgres syslog", [
      `Mar 29 10:15:01 db1 postgres[1234]: [5-1] 2026-03-29 10:15:01.123 UTC [1234] bob@shop 203.0.113.9(50122) FATAL:  password authentication failed for user "bob"`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["mysql 8", [
      `2026-03-29T10:15:01.123456Z 8 [Note] [MY-010926] [Server] Access denied for user 'root'@'203.0.113.9' (using password: YES)`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["mariadb", [
      `2026-03-29 10:15:01 8 [Warning] Access denied for user 'root'@'203.0.113.9' (using password: YES)`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["mariadb syslog", [
      `Mar 29 10:15:01 db1 mariadbd[1234]: 2026-03-29 10:15:01 8 [Warning] Access denied for user 'root'@'203.0.113.9' (using password: YES)`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["mysqld syslog", [
      `Mar 29 10:15:01 db1 mysqld[1234]: 2026-03-29T10:15:01.123456Z 8 [Note] Access denied for user 'root'@'203.0.113.9' (using password: YES)`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["samba audit json", [
      `  {"timestamp": "2026-03-29T10:15:01.123456+0000", "type": "Authentication", "Authentication": {"version": {"major": 1, "minor": 2}, "eventId": 4625, "logonId": "0", "logonType": 3, "status": "NT_STATUS_WRONG_PASSWORD", "localAddress": "ipv4:192.0.2.2:445", "remoteAddress": "ipv4:203.0.113.9:50122", "serviceDescription": "SMB2", "authDescription": null, "clientDomain": "WORKGROUP", "clientAccount": "bob", "workstation": "PC", "becameAccount": null, "becameDomain": null, "becameSid": null, "mappedAccount": "bob", "mappedDomain": "WORKGROUP", "netlogonComputer": null, "passwordType": "NTLMv2", "duration": 4321}}`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["samba text", [
      `[2026/03/29 10:15:01.123456,  2] ../../auth/auth_log.c:653(log_authentication_event_human_readable)`,
      `  Auth: [SMB2,(null)] user [WORKGROUP]\\[bob] at [Sun, 29 Mar 2026 10:15:01.123456 UTC] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [PC] remote host [ipv4:203.0.113.9:50122] mapped to [WORKGROUP]\\[bob]. local host [ipv4:192.0.2.2:445]`,
    ], ["Authentication#1", "203.0.113.9", "bob", "failure"]],
    ["suricata alert", [
      `{"timestamp":"2026-03-29T10:15:01.123456+0000","flow_id":1805461738637437,"in_iface":"eth0","event_type":"alert","src_ip":"203.0.113.9","src_port":50122,"dest_ip":"192.0.2.2","dest_port":80,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":2024897,"rev":3,"signature":"ET SCAN Nmap","category":"Attempted Information Leak","severity":2},"app_proto":"http"}`,
    ], ["Intrusion_Detection", "203.0.113.9", undefined, "allowed"]],
    ["suricata fast", [
      `03/29/2026-10:15:01.123456  [**] [1:2024897:3] ET SCAN Nmap [**] [Classification: Attempted Information Leak] [Priority: 2] {TCP} 203.0.113.9:50122 -> 192.0.2.2:80`,
    ], ["Intrusion_Detection", "203.0.113.9", undefined, undefined]],
    ["suricata ssh eve", [
      `{"timestamp":"2026-03-29T10:15:01.123456+0000","flow_id":1,"event_type":"http","src_ip":"203.0.113.9","src_port":50122,"dest_ip":"192.0.2.2","dest_port":80,"proto":"TCP","tx_id":0,"http":{"hostname":"www.example.com","url":"/admin","http_user_agent":"curl","http_method":"GET","protocol":"HTTP/1.1","status":403,"length":10}}`,
    ], ["Web", "203.0.113.9", undefined, "failure"]],
    ["zeek tsv conn", [
      `#separator \\x09`,
      `#set_separator\t,`,
      `#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state`,
      `#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring`,
      `1774779301.123456\tCHhAvVGS1DHFjwGM9\t203.0.113.9\t50122\t192.0.2.2\t22\ttcp\tssh\t0.5\t100\t200\tSF`,
    ], ["Network_Traffic#4", "203.0.113.9", undefined, "allowed"]],
    ["zeek json ssh", [
      `{"ts":1774779301.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"203.0.113.9","id.orig_p":50122,"id.resp_h":"192.0.2.2","id.resp_p":22,"version":2,"auth_success":false,"auth_attempts":3,"direction":"INBOUND","client":"SSH-2.0-libssh","server":"SSH-2.0-OpenSSH_9.6"}`,
    ], ["Authentication", "203.0.113.9", undefined, "failure"]],
    ["zeek json conn", [
      `{"ts":1774779301.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"203.0.113.9","id.orig_p":50122,"id.resp_h":"192.0.2.2","id.resp_p":22,"proto":"tcp","service":"ssh","duration":0.5,"orig_bytes":100,"resp_bytes":200,"conn_state":"REJ"}`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["gitea", [
      `2026/03/29 10:15:01 ...s/auth/auth.go:245:SignInPost() [W] Failed authentication attempt for bob from 203.0.113.9:50122: user does not exist [uid: 0, name: bob]`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["gitea 1.20", [
      `2026/03/29 10:15:01 routers/web/auth/auth.go:200:SignInPost() [W] Failed authentication attempt for bob from 203.0.113.9:0: user's password is invalid [uid: 1, name: bob]`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["adguard", [
      `2026/03/29 10:15:01.123456 [info] auth: failed to login user "bob" from ip 203.0.113.9`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["authelia", [
      `time="2026-03-29T10:15:01Z" level=error msg="Unsuccessful 1FA authentication attempt by user 'bob'" method=POST path=/api/firstfactor remote_ip=203.0.113.9 stack="github.com/authelia"`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["authelia json", [
      `{"level":"error","method":"POST","msg":"Unsuccessful 1FA authentication attempt by user 'bob'","path":"/api/firstfactor","remote_ip":"203.0.113.9","time":"2026-03-29T10:15:01Z"}`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["keycloak", [
      `2026-03-29 10:15:01,123 WARN  [org.keycloak.events] (executor-thread-5) type="LOGIN_ERROR", realmId="master", clientId="security-admin-console", userId="null", ipAddress="203.0.113.9", error="user_not_found", auth_method="openid-connect", auth_type="code", redirect_uri="http://localhost", code_id="x", username="bob"`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["keycloak old", [
      `2026-03-29 10:15:01,123 WARN  [org.keycloak.events] (default task-4) type=LOGIN_ERROR, realmId=master, clientId=account, userId=4d5, ipAddress=203.0.113.9, error=invalid_user_credentials, auth_method=openid-connect, auth_type=code, redirect_uri=http://x, code_id=1, username=bob`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["vaultwarden", [
      `[2026-03-29 10:15:01.123][vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: 203.0.113.9. Username: bob@example.com.`,
    ], ["Authentication", "203.0.113.9", "bob@example.com", "failure"]],
    ["home assistant", [
      `2026-03-29 10:15:01.123 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from pc.example.com (203.0.113.9). Requested URL: '/auth/login_flow/x'. (Mozilla/5.0)`,
    ], ["Authentication", "203.0.113.9", undefined, "failure"]],
    ["cisco asa deny", [
      `Mar 29 2026 10:15:01 fw1 : %ASA-4-106023: Deny tcp src outside:203.0.113.9/50122 dst inside:192.0.2.2/22 by access-group "outside_in" [0x0, 0x0]`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["cisco pix %%", [
      `Mar 29 10:15:01 fw1 %%PIX-4-106023: Deny tcp src outside:203.0.113.9/50122 dst inside:192.0.2.2/22 by access-group "outside_in"`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["cisco asa 605004", [
      `<166>Mar 29 2026 10:15:01: %ASA-6-605004: Login denied from 203.0.113.9/50122 to outside:192.0.2.1/ssh for user "admin"`,
    ], ["Authentication", "203.0.113.9", "admin", "failure"]],
    ["cisco asa 113015", [
      `Mar 29 10:15:01 fw1 %ASA-6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = bob : user IP = 203.0.113.9`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["fortios traffic", [
      `date=2026-03-29 time=10:15:01 devname="FGT1" devid="FG100E" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=203.0.113.9 srcport=50122 srcintf="wan1" dstip=192.0.2.2 dstport=22 dstintf="lan" proto=6 action="deny" policyid=0 service="SSH" sentbyte=0 rcvdbyte=0`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["fortios short", [
      `date=2026-03-29 time=10:15:01 logid=0100032002 type=event subtype=system level=alert logdesc="Admin login failed" user="admin" ui="ssh(203.0.113.9)" srcip=203.0.113.9 action="login" status="failed" reason="passwd_invalid" msg="Administrator admin login failed from ssh(203.0.113.9) because of invalid password"`,
    ], ["Authentication", "203.0.113.9", "admin", "failure"]],
    ["palo traffic", [
      `Mar 29 10:15:01 pa1 1,2026/03/29 10:15:01,001801010877,TRAFFIC,drop,2305,2026/03/29 10:15:01,203.0.113.9,192.0.2.2,0.0.0.0,0.0.0.0,Deny-All,,,not-applicable,vsys1,untrust,trust,ethernet1/1,ethernet1/2,Forward,2026/03/29 10:15:01,0,1,50122,22,0,0,0x0,tcp,deny,70,70,0,1,2026/03/29 10:15:01,0,any,0,123,0x0,US,US,0,1,0,policy-deny`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["palo auth", [
      `Mar 29 10:15:01 pa1 1,2026/03/29 10:15:01,001801010877,SYSTEM,auth,2305,2026/03/29 10:15:01,,auth-fail,Local,0,0,general,medium,"failed authentication for user 'admin'. Reason: Invalid username/password. From: 203.0.113.9.",123,0x0,0,0,0,0,,PA-VM`,
    ], ["Authentication", "203.0.113.9", "admin", "failure"]],
    ["checkpoint", [
      `<134>1 2026-03-29T10:15:01Z cp-gw CheckPoint 1234 - [action:"Drop"; conn_direction:"Incoming"; flags:"409856"; ifdir:"inbound"; ifname:"eth0"; logid:"0"; loguid:"{0x0}"; origin:"192.0.2.1"; sequencenum:"1"; time:"1774779301"; version:"5"; dst:"192.0.2.15"; inzone:"External"; outzone:"Internal"; product:"VPN-1 & FireWall-1"; proto:"6"; s_port:"50122"; service:"22"; src:"203.0.113.9"]`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["opnsense filterlog", [
      `<134>1 2026-03-29T10:15:01+00:00 OPNsense.localdomain filterlog 12345 - [meta sequenceId="1"] 5,,,02f4bab031b57d1e30553ce08e0ec131,igb0,match,block,in,4,0x0,,52,54321,0,DF,6,tcp,60,203.0.113.9,192.0.2.2,50122,22,0,S,1234567890,,65535,,mss;nop`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["pfsense filterlog", [
      `Mar 29 10:15:01 pf1 filterlog[12345]: 5,,,1000000103,em0,match,block,in,4,0x0,,52,54321,0,DF,6,tcp,60,203.0.113.9,192.0.2.2,50122,22,0,S,1234567890,,65535,,mss`,
    ], ["Network_Traffic", "203.0.113.9", undefined, "blocked"]],
    ["wef xml", [
      `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'/><EventID>4625</EventID><Version>0</Version><Level>0</Level><Task>12544</Task><Opcode>0</Opcode><Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime='2026-03-29T10:15:01.1234567Z'/><EventRecordID>1</EventRecordID><Channel>Security</Channel><Computer>srv1.corp.example</Computer><Security/></System><EventData><Data Name='TargetUserName'>bob</Data><Data Name='TargetDomainName'>CORP</Data><Data Name='Status'>0xc000006d</Data><Data Name='SubStatus'>0xc000006a</Data><Data Name='LogonType'>3</Data><Data Name='IpAddress'>203.0.113.9</Data><Data Name='IpPort'>50122</Data></EventData><RenderingInfo Culture='en-US'><Message>An account failed to log on.</Message></RenderingInfo></Event>`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["okta", [
      `{"actor":{"id":"00u","type":"User","alternateId":"bob@example.com","displayName":"Bob"},"client":{"userAgent":{"rawUserAgent":"Mozilla/5.0","os":"Linux","browser":"FIREFOX"},"zone":"null","device":"Computer","id":null,"ipAddress":"203.0.113.9","geographicalContext":{"city":"X","country":"US"}},"authenticationContext":{"authenticationProvider":null,"externalSessionId":"x"},"displayMessage":"User login to Okta","eventType":"user.session.start","outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},"published":"2026-03-29T10:15:01.123Z","severity":"WARN","uuid":"x","version":"0"}`,
    ], ["Authentication", "203.0.113.9", "bob@example.com", "failure"]],
    ["azure signin", [
      `{"time":"2026-03-29T10:15:01.1234567Z","resourceId":"/tenants/x/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs","tenantId":"x","resultType":"50126","resultSignature":"None","resultDescription":"Invalid username or password or Invalid on-premise username or password.","durationMs":0,"callerIpAddress":"203.0.113.9","correlationId":"x","identity":"Bob","Level":4,"location":"US","properties":{"id":"x","createdDateTime":"2026-03-29T10:15:01.1234567+00:00","userDisplayName":"Bob","userPrincipalName":"bob@example.com","userId":"x","appId":"x","appDisplayName":"Azure Portal","ipAddress":"203.0.113.9","status":{"errorCode":50126,"failureReason":"Invalid username or password"}}}`,
    ], ["Authentication", "203.0.113.9", "bob@example.com", "failure"]],
    ["azure signin graph", [
      `{"id":"x","createdDateTime":"2026-03-29T10:15:01Z","userDisplayName":"Bob","userPrincipalName":"bob@example.com","userId":"x","appDisplayName":"Azure Portal","ipAddress":"203.0.113.9","clientAppUsed":"Browser","conditionalAccessStatus":"notApplied","status":{"errorCode":0,"failureReason":"Other.","additionalDetails":null}}`,
    ], ["Authentication", "203.0.113.9", "bob@example.com", "success"]],
    ["entra audit", [
      `{"time":"2026-03-29T10:15:01.1234567Z","resourceId":"/tenants/x/providers/Microsoft.aadiam","operationName":"Add member to role","operationVersion":"1.0","category":"AuditLogs","tenantId":"x","resultSignature":"None","durationMs":0,"callerIpAddress":"203.0.113.9","correlationId":"x","Level":4,"properties":{"id":"x","category":"RoleManagement","result":"success","activityDisplayName":"Add member to role","activityDateTime":"2026-03-29T10:15:01.1234567+00:00","initiatedBy":{"user":{"id":"x","userPrincipalName":"admin@example.com","ipAddress":"203.0.113.9"}},"targetResources":[{"id":"x","type":"User","userPrincipalName":"eve@example.com"}]}}`,
    ], ["Change", "203.0.113.9", "admin@example.com", "*"]],
    ["entra audit graph", [
      `{"id":"x","category":"UserManagement","correlationId":"x","result":"success","resultReason":"","activityDisplayName":"Add user","activityDateTime":"2026-03-29T10:15:01Z","loggedByService":"Core Directory","operationType":"Add","initiatedBy":{"app":null,"user":{"id":"x","displayName":null,"userPrincipalName":"admin@example.com","ipAddress":"203.0.113.9"}},"targetResources":[{"id":"x","displayName":"Eve","type":"User","userPrincipalName":"eve@example.com"}]}`,
    ], ["Change", "203.0.113.9", "admin@example.com", "*"]],
    ["gcp audit", [
      `{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{},"authenticationInfo":{"principalEmail":"bob@example.com"},"requestMetadata":{"callerIp":"203.0.113.9","callerSuppliedUserAgent":"gcloud"},"serviceName":"iam.googleapis.com","methodName":"google.iam.admin.v1.CreateServiceAccountKey","resourceName":"projects/-/serviceAccounts/123"},"insertId":"x","resource":{"type":"service_account","labels":{"project_id":"p"}},"timestamp":"2026-03-29T10:15:01.123456Z","severity":"NOTICE","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","receiveTimestamp":"2026-03-29T10:15:02Z"}`,
    ], ["Change", "203.0.113.9", "bob@example.com", "*"]],
    ["k8s audit", [
      `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"x","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/secrets","verb":"list","user":{"username":"system:anonymous","groups":["system:unauthenticated"]},"sourceIPs":["203.0.113.9"],"userAgent":"kubectl/v1.29","objectRef":{"resource":"secrets","namespace":"default","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":403},"requestReceivedTimestamp":"2026-03-29T10:15:01.123456Z","stageTimestamp":"2026-03-29T10:15:01.133456Z","annotations":{"authorization.k8s.io/decision":"forbid"}}`,
    ], ["Change", "203.0.113.9", "system:anonymous", "read"]],
    ["busybox dropbear", [
      `Mar 29 10:15:01 router authpriv.warn dropbear[1234]: Bad password attempt for 'root' from 203.0.113.9:50122`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["busybox login", [
      `Mar 29 10:15:01 router auth.warn login[1234]: invalid password for 'root' on 'pts/0' from '203.0.113.9'`,
    ], ["Authentication", "203.0.113.9", "root", "failure"]],
    ["snare in syslog", [
      `<13>Mar 29 10:15:01 srv1 MSWinEventLog\t1\tSecurity\t123\tSun Mar 29 10:15:01 2026\t4625\tMicrosoft-Windows-Security-Auditing\tN/A\tN/A\tFailure Audit\tsrv1.corp.example\tLogon\t\tAn account failed to log on.    Subject:   Security ID:  S-1-0-0   Account Name:  -   Account Domain:  -   Logon ID:  0x0    Logon Type:   3    Account For Which Logon Failed:   Security ID:  S-1-0-0   Account Name:  bob   Account Domain:  CORP    Failure Information:   Failure Reason:  Unknown user name or bad password.   Status:   0xC000006D   Sub Status:  0xC000006A    Network Information:   Workstation Name: PC1   Source Network Address: 203.0.113.9   Source Port:  50122`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["snare success", [
      `Mar 29 10:15:01 srv1 MSWinEventLog\t1\tSecurity\t124\tSun Mar 29 10:15:01 2026\t4624\tMicrosoft-Windows-Security-Auditing\tCORP\\bob\tN/A\tSuccess Audit\tsrv1.corp.example\tLogon\t\tAn account was successfully logged on.    Subject:   Security ID:  S-1-5-18   Account Name:  SRV1$   Account Domain:  CORP   Logon ID:  0x3E7    Logon Type:   10    New Logon:   Security ID:  S-1-5-21-1   Account Name:  bob   Account Domain:  CORP   Logon ID:  0x1A2B    Network Information:   Workstation Name: PC1   Source Network Address: 203.0.113.9   Source Port:  50122`,
    ], ["Authentication", "203.0.113.9", "bob", "success"]],
    ["winlogbeat in syslog", [
      `<14>Mar 29 10:15:01 srv1 winlogbeat: {"@timestamp":"2026-03-29T10:15:01.123Z","winlog":{"channel":"Security","event_id":"4625","provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"srv1.corp.example","event_data":{"TargetUserName":"bob","TargetDomainName":"CORP","IpAddress":"203.0.113.9","IpPort":"50122","LogonType":"3","Status":"0xc000006d","SubStatus":"0xc000006a"}},"event":{"code":"4625","provider":"Microsoft-Windows-Security-Auditing","outcome":"failure"}}`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
    ["exchange comments / iis", [
      `#Software: Microsoft Internet Information Services 10.0`,
      `#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status`,
      `2026-03-29 10:15:01 192.0.2.2 GET /owa - 443 bob 203.0.113.9 Mozilla/5.0 401`,
    ], ["Web#2", "203.0.113.9", "bob", "failure"]],
    ["nextcloud", [
      `{"reqId":"x","level":2,"time":"2026-03-29T10:15:01+00:00","remoteAddr":"203.0.113.9","user":"--","app":"core","method":"POST","url":"/login","message":"Login failed: bob (Remote IP: 203.0.113.9)","userAgent":"Mozilla/5.0","version":"23.0.0.10"}`,
    ], ["Authentication", "203.0.113.9", "bob", "failure"]],
  ];

const { sourcetypes } = await load({ rules: [], sourcetypes: [] });
const MODIFIED = Date.UTC(2026, 3, 1);

/** The events of an input that holds these lines and nothing else. */
function read(lines: readonly string[]) {
  const sourcetype = recognise(lines, sourcetypes).sourcetype ?? "syslog";
  const input = new InputHandle({
    name: "test",
    identity: "test",
    sourcetype,
    lateness: 0,
    modified: MODIFIED,
  });
  const reader = new LineReader(input);
  const batch = reader.push(new TextEncoder().encode(lines.join("\n") + "\n"), MODIFIED);
  return createParser(sourcetypes, sourcetype, { mixed: true, tz: "UTC" })(batch!);
}

const fits = (wanted: string | undefined, found: unknown): boolean =>
  wanted === undefined || wanted === "*" || wanted.split("|").includes(String(found));

for (const [name, lines, [of, src, user, action]] of FORMATS) {
  Deno.test(`a line of ${name} means what it says`, () => {
    const [dataset, at = "0"] = of.split("#");
    const { events, extractionIds, extractions } = read(lines);
    const event = events[+at] as unknown as Record<string, unknown>;
    const { datasets, sourcetype, pattern } = extractions[extractionIds[+at]];
    const found = `${sourcetype}/${pattern}: ${event.src} ${event.user} ${event.action}`;
    assert.ok(
      dataset === "*" || datasets.some((d) => d === dataset || d.startsWith(`${dataset}.`)),
      `${found} in ${datasets.join(", ") || "no dataset"}`,
    );
    assert.ok(fits(src, event.src) && fits(user, event.user) && fits(action, event.action), found);
    assert.match(new Date(event._time as number).toISOString(), /^2026-03-29T10:15:01/, found);
  });
}
