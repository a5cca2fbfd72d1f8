import type { HelpCatalogue } from '../commands.js'

/** The help in English. Laid out by hand: usage, simple options, advanced options, examples. */
export const HELP_EN: HelpCatalogue = {
  overview: `Vigie: network telemetry to findings and ClickHouse.

  vigie COMMAND [OPTIONS]          vigie COMMAND --help for each

Run
  demo        a simulated network of 1,650 sites through the whole pipeline
  up          the pipeline for real
  status      what was received, stored, rejected and lost; it must balance
  exporters   who sends flows: protocols, templates, sampling, loss, clocks

Ask
  sql         query the store
  report      service levels, capacity, the consolidated invoice, the programme
  dead        what was rejected, with its bytes
  findings    what detection saw: list, show, say whether it was right
  incidents   what is open: list, show, ack, resolve, silence
  itsm        ticketing tools: test, policy, what waits
  services    the security services and their parameters

Work on files, without servers
  decode      captures to flows
  normalize   SD-WAN payloads to link and tunnel samples
  vendors     whose SD-WAN payloads are read
  detect      flows and link samples to findings
  replay      a capture back onto a socket

Arrange
  registry    organisations, sites, prefixes: check, apply
  privacy     forget an address or an organisation
  dashboards  Grafana's dashboards: build, check
  config      settings: print, check, schema
  doctor      what this machine lacks, and how to mend it
  bench       measure this machine

Exit status: 0 done · 1 the work failed or input was rejected · 2 wrong command line or configuration.
Settings come from vigie.yaml, then VIGIE_… variables, then flags. VIGIE_LANG=fr speaks French.
`,
  commands: {
    demo: `vigie demo: the reference network, simulated, through the whole pipeline until Ctrl-C.

  --duration S    end by itself after S seconds; exit 0 when every flow sent is accounted for
  --rate N        flows per second (2000)
  --itsm NAME     whom to tell of incidents: fake (the built-in ticketing tool), none, or a target of vigie.yaml

Advanced
  --sites N       sites of the network (1650)
  --seed N        another network, other traffic, other incidents (1)
  --config FILE   settings (vigie.yaml when present)

  vigie demo --duration 60
  vigie demo --rate 20000 --seed 7
`,
    up: `vigie up: the pipeline for real, one supervised process a role, until SIGTERM.

  --role NAME     only this role: collector, edge, processor, detector, itsm, store, web (repeat for several)
  --config FILE   settings (vigie.yaml when present)

Advanced
  --check         check the configuration and end

  vigie up
  NATS_URL=nats://n1:4222 CLICKHOUSE_URL=http://c1:8123 vigie up --role processor
`,
    status: `vigie status: the conservation table of a running pipeline. Exit 1 when it does not balance.

  --json          as JSON

  vigie status
  watch vigie status
`,
    exporters: `vigie exporters: who sends flows, as the collectors know it. With an address, that exporter alone.

  --format F      table, jsonl or csv (a table on a terminal, JSON lines in a pipe; the table leaves things out)

Advanced
  --elements FILE names for elements that nobody named, lines 'pen.id: name, type'
  --config FILE   settings (vigie.yaml when present)

Rates that options told are written 1:N, those of the configuration (1:N); 'rates from' says where the flows of the last hour
have theirs. 'lost' counts what is missing by sequence numbers, 'skew' is the exporter's clock minus the collector's, 'unnamed'
are elements of its templates (pen.id) that nobody named.

  vigie exporters
  vigie exporters --format jsonl 192.0.2.1
`,
    sql: `vigie sql: query the store (the embedded one, or CLICKHOUSE_URL).

  --format F      table, jsonl or csv (a table on a terminal, JSON lines in a pipe)

  vigie sql "SELECT src_site, sum(bytes) FROM vigie.flows GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  vigie sql --format csv "SELECT * FROM vigie.findings" > findings.csv
`,
    report: `vigie report sla|capacity|billing|programme: a month as a table, CSV or a page to print.

  --month YYYY-MM  the month (the one before this one); months begin in store.time_zone
  --org ID         one organisation
  --supplier ID    one supplier
  --format F       table, csv, jsonl or html (a table on a terminal, JSON lines in a pipe); html prints to PDF

Advanced
  --section NAME   one table of the report; csv and jsonl write the main one without it
  --restate        reckon the month anew: late samples, a corrected maintenance window; what it said before is kept
  --reconcile FILE lay a supplier's invoice (CSV) beside ours: every difference with its cause; needs --supplier
  --tolerance N    share by which quantities and amounts may differ (0.001)
  --lang fr|en     language of titles and figures
  --config FILE    settings (vigie.yaml when present)

  vigie report sla --month 2026-10 --org chum --format html > sla.html
  vigie report billing --month 2026-10 --supplier boreal --reconcile invoice.csv
  vigie report capacity --section forecast --format csv > full.csv
  vigie report dictionary              every view and table of planning, from the engine
`,
    dead: `vigie dead: what was rejected, kept with its reason and its bytes.

  vigie dead list [--code CODE] [--limit N]    newest first
  vigie dead show SEQUENCE                     one, with its bytes in hexadecimal
  vigie dead retry [--code CODE]               hand datagrams, and payloads of SD-WAN edges of which nothing was
                                               stored, back to the pipeline (after an upgrade, say), and
                                               tickets that a tool refused back to it

Advanced
  --format F      table, jsonl or csv
`,
    findings: `vigie findings: what detection saw, and what people say of it (docs/findings.md).

  vigie findings list [--open] [--service ID] [--org ID] [--since 24h] [--limit N]   those of the last day, or all that are open
  vigie findings show FINDING                        evidence, query of the flows, related findings, incident, marks
  vigie findings mark FINDING VERDICT [--comment TEXT] [--until 30d]   true-positive, false-positive, expected
  vigie findings unmark FINDING                      take back what was said
  vigie findings marks                               the marks in force, and what they kept quiet

FINDING is a uid, or the beginning of one. A false positive or an expected finding is closed; its like is counted and not told,
as long as the mark holds and it is not clearly beyond: more severe, ten times as big, another technique.

Advanced
  --by NAME       the person who says it (the account's name)
  --format F      table, jsonl or csv (a table on a terminal, JSON lines in a pipe)
  --config FILE   settings (vigie.yaml if it exists)

  vigie findings list --open --service scan
  vigie findings mark 3f2a9c false-positive --comment "backup server" --until 90d
`,
    incidents: `vigie incidents: what findings have become, of a running pipeline.

  vigie incidents list [--state S] [--org ID] [--limit N]    open ones, by priority (--state again for several)
  vigie incidents show NUMBER                                 one, with its evidence and history, as JSON
  vigie incidents ack NUMBER [--comment TEXT]                 somebody takes charge
  vigie incidents resolve NUMBER [--code CODE]                fixed, workaround, false_positive, expected, duplicate, other
  vigie incidents silence --for 2h [--org ID] [--site ID] [--service ID] [--comment TEXT]
  vigie incidents silences                                    what is silent; silence --end ID ends one

Advanced
  --by NAME       who did it (the account's name)
  --format F      table, jsonl or csv

What is done here is told to the ticketing tools as well. A false positive goes back to detection.

  vigie incidents resolve VIG-1A2B3C4D --code false_positive --comment "backup server"
`,
    itsm: `vigie itsm: the ticketing tools of the configuration (docs/itsm.md).

  vigie itsm targets                   the configured ones, and how many incidents wait for each
  vigie itsm test TARGET               send a marked test incident to one, and resolve it
  vigie itsm policy explain FINDING    which rule did what to a finding, and where it belongs now

Advanced
  --format F      table, jsonl or csv
  --config FILE   settings (vigie.yaml when present)
`,
    decode: `vigie decode: captures (pcap, pcapng, raw datagrams) to flows. The last line on stderr counts all, as JSON.

  --format F      table, jsonl or csv (a table on a terminal, JSON lines in a pipe)
  --ie            add 'ie': every information element by name
  --all           options and counter records too
  --elements FILE names for elements that nobody named, lines 'pen.id: name, type' (docs/decoding.md)
  --sflow-bytes W what 'bytes' of sFlow counts: frame, as the agent says (default), or ip, as it is stored

  vigie decode capture.pcap | head
  vigie decode --ie --all first.pcapng second.pcapng
`,
    normalize: `vigie normalize: SD-WAN payloads (JSON, JSON lines, syslog, tables of tools) to link and tunnel samples, events and counters.

  --vendor ID     whose payload it is ('vigie vendors' lists the ids), or auto: found out file by file
  --format F      table, jsonl or csv (a table on a terminal, JSON lines in a pipe)

Advanced
  --mapping FILE  read rows of any JSON or CSV by a YAML mapping (docs/edges/generic.md)
  --device NAME   the edge, where the payload does not say it
  --site ID       its site, likewise

What could not be read is said on stderr with its place, and the exit status is 1. A payload that is known but holds no link
telemetry prints nothing.

  vigie normalize --vendor auto answer.json
  vigie normalize --vendor fortinet sla.log | jq .loss_ratio
`,
    vendors: `vigie vendors [ID]: whose SD-WAN payloads are read: ids, transports, what they fill.

  --format F      table, jsonl or csv

  vigie vendors
`,
    replay: `vigie replay: the datagrams of a capture back onto a socket. The last line on stderr counts them, as JSON.

  --to URL          udp://127.0.0.1:2055
  --speed S         1 (as recorded), N (N times faster) or max (as fast as the receiver takes)

Advanced
  --rewrite-time    shift the exporters' clocks to now; absolute times inside v9 and IPFIX records stay

Source addresses cannot be forged. Towards 127.x.y.z each exporter of the capture sends from a loopback address of its
own (10.1.2.3 from 127.1.2.3), so that their templates stay apart; towards another machine all send from this one.

  vigie replay capture.pcap --to udp://127.0.0.1:2055 --speed max
`,
    detect: `vigie detect: flows (JSON lines of 'vigie decode', CSV, CSV.gz) and link samples (JSON lines of 'vigie normalize') to
findings, by the detectors that run live. A file may hold both.

  --services A,B    only these services (all)
  --registry FILE   whose addresses are inside (RFC 1918, RFC 4193 and link-local without one), their services with
                    parameters, and threat feeds that are files
  --marks FILE      what people said of findings (JSON lines of 'vigie findings marks'), at the moment when they said it;
                    a line without 'time' holds from the beginning
  --brief           short findings; OCSF 1.8 Detection Findings without

  vigie detect --brief --services scan,ddos flows.csv.gz
  vigie decode capture.pcap | vigie detect --brief -
  vigie normalize --vendor auto payloads/*.json | vigie detect --services sla,saturation -
`,
    services: `vigie services: the security services: titles, techniques, cost, what they need, parameters with defaults.

  --org ORG         what is in force for an organisation: mode, parameters, and who said each value (default, installation,
                    organization, site)
  --site SITE       the same at a site
  --registry FILE   of this registry, instead of the one of the running pipeline
  --config FILE     of this configuration (detector.services, detector.defaults)
  --format F        table, jsonl or csv

The cost of a service is nanoseconds a flow in a worker (worker_ns) and in the detector (detector_ns), with the machine and the
day of the measurement (0: too little to tell); a service that does not look at flows, or was not measured, has none.
'vigie bench detect' measures here.

  vigie services
  vigie services scan
  vigie services scan --org lab --registry registry.yaml
`,
    registry: `vigie registry: organisations, sites, prefixes, links, services.

  vigie registry check FILE…     every mistake at once, with its place and what to do
  vigie registry apply FILE…     check, show what changes, hand over to the running pipeline
  vigie registry export          what is in force, as YAML

  vigie registry check sites.yaml links.csv
`,
    privacy: `vigie privacy: what is stored of people, and how it goes.

  vigie privacy forget ADDRESS        show what the store and the findings hold of an address and its pseudonyms
  vigie privacy forget ORG            the same of an organisation of the registry, by its id
  vigie privacy forget SUBJECT --yes  delete it

Advanced
  --format F      table, jsonl or csv
  --config FILE   settings (vigie.yaml when present); its privacy.keys tell pseudonyms

Masked addresses cannot be told apart, and stay. Raw frames go with the stream's own retention.
`,
    dashboards: `vigie dashboards: Grafana dashboards as code, in French and English.

  vigie dashboards build [--lang fr|en] [--out DIR]    JSON for provisioning; twice the same bytes
  vigie dashboards check                               every panel's SQL on the store, and the house's rules

  vigie dashboards build --lang fr --out /etc/grafana/vigie/fr
`,
    config: `vigie config: settings from vigie.yaml, VIGIE_… variables and flags.

  vigie config print     what is in force, and where each value came from
  vigie config check     every mistake at once
  vigie config schema    all settings: variable, type, default, meaning
  vigie config hash-password   for the file web.viewer.users_file: the password on standard input

Advanced
  --config FILE   settings (vigie.yaml when present)
  --json          print and schema as JSON (JSON Schema)
`,
    doctor: `vigie doctor: what this machine lacks for its work, and the command that mends it. Exit 1 when something must be mended.

  vigie doctor
`,
    bench: `vigie bench NAME: measure this machine.

  decode      NetFlow v9 into columns, on one core
  enrich      prefixes, organisations, sites
  detect      security services
  insert      Native blocks into the embedded store
  flow-table  forms of the table of flows, side by side
  edges       a network of SD-WAN edges, with a burst, on top of flows (--rate, 50,000)
  edge-mutations  broken payloads: each stored, in the dead letters, or with nothing to tell (--rate of them)
  planning    reports and the twenty questions over 13 months of 2,500 sites
  panels      every query of the dashboards over 30 days of 2,500 sites
  e2e         UDP in to count() in ClickHouse, all on this machine

  --json          the result as JSON

Advanced
  --seconds S     length of an e2e run (30)
  --runs N        runs, of which the median counts (3)
  --rate N        flows per second to offer in e2e (search for the highest without loss)
  --write-docs    write docs/benchmarks.md (e2e), docs/dashboards.md (panels), what services cost (detect)

  vigie bench decode
  vigie bench e2e --runs 1 --seconds 10
`,
  },
}
