import type { HelpCatalogue } from '../commands.js'

/** L’aide en français, disposée à la main : usage, options simples, options avancées, exemples. */
export const HELP_FR: HelpCatalogue = {
  overview: `Vigie : de la télémétrie réseau aux constats et à ClickHouse.

  vigie COMMANDE [OPTIONS]         vigie COMMANDE --help pour chacune

Faire fonctionner
  demo        un réseau simulé de 1 650 sites dans toute la chaîne
  up          la chaîne pour de vrai
  status      ce qui est reçu, stocké, rejeté et perdu; le bilan doit être juste
  exporters   qui envoie des flux : protocoles, modèles, échantillonnage, pertes, horloges

Interroger
  sql         interroger l’entrepôt
  report      niveaux de service, capacité, facture consolidée, programme
  dead        ce qui a été rejeté, avec ses octets
  findings    ce que la détection a vu : voir, dire si c’était juste
  incidents   ce qui est en cours : voir, prendre en charge, résoudre
  itsm        les outils de billets : essayer, expliquer, ce qui attend
  services    les services de sécurité et leurs paramètres

Travailler sur des fichiers, sans serveur
  decode      des captures aux flux
  normalize   des messages SD-WAN aux mesures de liens et de tunnels
  vendors     les constructeurs SD-WAN qui sont lus
  detect      des flux et mesures de liens aux constats
  replay      une capture renvoyée vers un port

Aménager
  registry    organisations, sites, préfixes : vérifier, appliquer
  privacy     oublier une adresse ou un organisme
  dashboards  les tableaux de bord de Grafana : produire, vérifier
  config      réglages : afficher, vérifier, décrire
  doctor      ce qui manque à cette machine, et le remède
  bench       mesurer cette machine

Code de sortie : 0 fait · 1 échec ou entrée rejetée · 2 ligne de commande ou configuration erronée.
Les réglages viennent de vigie.yaml, puis des variables VIGIE_…, puis des options. VIGIE_LANG=en parle anglais.
`,
  commands: {
    demo: `vigie demo : le réseau de référence, simulé, dans toute la chaîne, jusqu’à Ctrl-C.

  --duration S    s’arrêter après S secondes; sortie 0 si chaque flux envoyé est retrouvé
  --rate N        flux par seconde (2000)
  --itsm NOM      à qui dire les incidents : fake (l’outil de billets intégré), none, ou une cible de vigie.yaml

Avancé
  --sites N       sites du réseau (1650)
  --seed N        un autre réseau, un autre trafic, d’autres incidents (1)
  --config FICHIER   réglages (vigie.yaml s’il existe)

  vigie demo --duration 60
  vigie demo --rate 20000 --seed 7
`,
    up: `vigie up : la chaîne pour de vrai, un processus surveillé par rôle, jusqu’à SIGTERM.

  --role NOM      ce rôle seulement : collector, edge, processor, detector, itsm, store, web (à répéter au besoin)
  --config FICHIER   réglages (vigie.yaml s’il existe)

Avancé
  --check         vérifier la configuration, sans plus

  vigie up
  NATS_URL=nats://n1:4222 CLICKHOUSE_URL=http://c1:8123 vigie up --role processor
`,
    status: `vigie status : le bilan de conservation d’une chaîne en marche. Sortie 1 s’il n’est pas juste.

  --json          en JSON

  vigie status
  watch vigie status
`,
    exporters: `vigie exporters : qui envoie des flux, selon les collecteurs. Avec une adresse, cet exportateur seul.

  --format F      table, jsonl ou csv (un tableau au terminal, des lignes JSON dans un tube; le tableau abrège)

Avancé
  --elements FICHIER  des noms pour les éléments inconnus, lignes « pen.id: nom, type »
  --config FICHIER    réglages (vigie.yaml s’il est là)

Les taux dits par les options s’écrivent 1:N, ceux de la configuration (1:N); « taux selon » dit d’où vient le taux des flux de la
dernière heure. « perdus » compte ce qui manque selon les numéros de séquence, « décalage » est l’horloge de l’exportateur moins
celle du collecteur, « sans nom » donne les éléments de ses modèles (pen.id) que personne n’a nommés.

  vigie exporters
  vigie exporters --format jsonl 192.0.2.1
`,
    sql: `vigie sql : interroger l’entrepôt (celui qui est intégré, ou CLICKHOUSE_URL).

  --format F      table, jsonl ou csv (un tableau au terminal, des lignes JSON dans un tube)

  vigie sql "SELECT src_site, sum(bytes) FROM vigie.flows GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  vigie sql --format csv "SELECT * FROM vigie.findings" > constats.csv
`,
    report: `vigie report sla|capacity|billing|programme : un mois en tableau, en CSV ou en page à imprimer.

  --month AAAA-MM  le mois (celui qui précède); les mois commencent dans store.time_zone
  --org ID         une organisation
  --supplier ID    un fournisseur
  --format F       table, csv, jsonl ou html (un tableau au terminal, des lignes JSON dans un tube); html s’imprime en PDF

Avancé
  --section NOM    un tableau du rapport; csv et jsonl écrivent le principal si rien n’est dit
  --restate        recalculer le mois : mesures tardives, fenêtre de maintenance corrigée; ce qu’il disait avant est gardé
  --reconcile FICHIER  rapprocher la facture d’un fournisseur (CSV) de la nôtre : chaque écart et sa cause; demande --supplier
  --tolerance N    part dont quantités et montants peuvent différer (0.001)
  --lang fr|en     langue des titres et des chiffres
  --config FICHIER réglages (vigie.yaml s’il existe)

  vigie report sla --month 2026-10 --org chum --format html > niveaux.html
  vigie report billing --month 2026-10 --supplier boreal --reconcile facture.csv
  vigie report capacity --section forecast --format csv > echeances.csv
  vigie report dictionary              toutes les vues et tables de planification, selon le moteur
`,
    dead: `vigie dead : ce qui a été rejeté, conservé avec sa raison et ses octets.

  vigie dead list [--code CODE] [--limit N]    du plus récent au plus ancien
  vigie dead show SÉQUENCE                     un élément, avec ses octets en hexadécimal
  vigie dead retry [--code CODE]               remettre des datagrammes, et des messages d’équipements de périphérie dont
                                               rien n’a été stocké, dans la chaîne (après une mise à niveau), et
                                               redonner à leur outil les billets qu’il a refusés

Avancé
  --format F      table, jsonl ou csv
`,
    findings: `vigie findings : ce que la détection a vu, et ce que les gens en disent (docs/findings.md).

  vigie findings list [--open] [--service ID] [--org ID] [--since 24h] [--limit N]   ceux du dernier jour, ou les ouverts
  vigie findings show CONSTAT                        éléments de preuve, requête des flux, constats liés, incident, marques
  vigie findings mark CONSTAT VERDICT [--comment TEXTE] [--until 30d]   true-positive, false-positive, expected
  vigie findings unmark CONSTAT                      reprendre ce qui a été dit
  vigie findings marks                               les marques en vigueur, et ce qu’elles ont fait taire

CONSTAT est un identifiant, ou son début. Un faux positif ou un constat attendu est clos; ses semblables sont comptés sans être
annoncés, tant que la marque tient et qu’ils ne sont pas nettement au-delà : plus graves, dix fois plus gros, autre technique.

Avancé
  --by NOM        la personne qui le dit (le nom du compte)
  --format F      table, jsonl ou csv (un tableau au terminal, des lignes JSON dans un tube)
  --config FICHIER   réglages (vigie.yaml s’il existe)

  vigie findings list --open --service scan
  vigie findings mark 3f2a9c false-positive --comment "serveur de sauvegarde" --until 90d
`,
    incidents: `vigie incidents : ce que les constats sont devenus, dans une chaîne en marche.

  vigie incidents list [--state É] [--org ID] [--limit N]    ceux qui sont en cours, par priorité (--state plusieurs fois)
  vigie incidents show NUMÉRO                                 un seul, avec ses éléments de preuve et son histoire, en JSON
  vigie incidents ack NUMÉRO [--comment TEXTE]                prendre en charge
  vigie incidents resolve NUMÉRO [--code CODE]                fixed, workaround, false_positive, expected, duplicate, other
  vigie incidents silence --for 2h [--org ID] [--site ID] [--service ID] [--comment TEXTE]
  vigie incidents silences                                    ce qui est en sourdine; silence --end ID la lève

Avancé
  --by NOM        la personne qui l’a fait (le nom du compte)
  --format F      table, jsonl ou csv

Ce qui est fait ici est aussi dit aux outils de billets. Un faux positif retourne à la détection.

  vigie incidents resolve VIG-1A2B3C4D --code false_positive --comment "serveur de sauvegarde"
`,
    itsm: `vigie itsm : les outils de billets de la configuration (docs/itsm.md).

  vigie itsm targets                   ceux qui sont configurés, et combien d’incidents attendent chacun
  vigie itsm test CIBLE                y envoyer un incident d’essai marqué, et le résoudre
  vigie itsm policy explain CONSTAT    quelle règle a fait quoi d’un constat, et sa place à présent

Avancé
  --format F      table, jsonl ou csv
  --config FICHIER   réglages (vigie.yaml s’il existe)
`,
    decode: `vigie decode : des captures (pcap, pcapng, datagrammes bruts) aux flux. La dernière ligne de stderr compte tout, en JSON.

  --format F      table, jsonl ou csv (un tableau au terminal, des lignes JSON dans un tube)
  --ie            ajouter « ie » : chaque élément d’information par son nom
  --all           aussi les enregistrements d’options et de compteurs
  --elements FICHIER  des noms pour les éléments inconnus, lignes « pen.id: nom, type » (docs/decoding.md)
  --sflow-bytes W ce que « bytes » compte en sFlow : frame, la trame que dit l’agent (par défaut), ou ip, ce qui est stocké

  vigie decode capture.pcap | head
  vigie decode --ie --all premier.pcapng second.pcapng
`,
    normalize: `vigie normalize : des messages SD-WAN (JSON, syslog, sorties d’outils) aux mesures de liens et de tunnels.

  --vendor ID     le constructeur (« vigie vendors » donne les noms), ou auto : reconnu fichier par fichier
  --format F      table, jsonl ou csv (table sur un terminal, lignes JSON dans un tube)

Avancé
  --mapping FICHIER  lire tout JSON ou CSV par une table de correspondance YAML (docs/edges/generic.md)
  --device NOM       l’équipement, quand le message ne le dit pas
  --site ID          son site, de même

Ce qui n’a pas pu être lu est dit sur stderr avec sa place, et le code de sortie est 1. Un message reconnu mais sans mesure
de lien n’affiche rien.

  vigie normalize --vendor auto reponse.json
  vigie normalize --vendor fortinet sla.log | jq .loss_ratio
`,
    vendors: `vigie vendors [ID] : les constructeurs SD-WAN qui sont lus : noms, transports, champs remplis.

  --format F      table, jsonl ou csv

  vigie vendors
`,
    replay: `vigie replay : les datagrammes d’une capture renvoyés vers un port. La dernière ligne de stderr les compte, en JSON.

  --to URL          udp://127.0.0.1:2055
  --speed S         1 (comme enregistré), N (N fois plus vite) ou max (au rythme du récepteur)

Avancé
  --rewrite-time    amener à maintenant l’horloge des exportateurs; les heures absolues des enregistrements v9 et IPFIX restent

Une adresse source ne se contrefait pas. Vers 127.x.y.z, chaque exportateur de la capture envoie d’une adresse de bouclage
à lui (10.1.2.3 de 127.1.2.3), pour que leurs modèles restent séparés; vers une autre machine, tous envoient de celle-ci.

  vigie replay capture.pcap --to udp://127.0.0.1:2055 --speed max
`,
    detect: `vigie detect : des flux (lignes JSON de « vigie decode », CSV, CSV.gz) et des mesures de liens (lignes JSON de « vigie
normalize ») aux constats, par les détecteurs de la chaîne. Un fichier peut contenir les deux.

  --services A,B    ces services seulement (tous)
  --registry FICHIER   quelles adresses sont internes (RFC 1918, RFC 4193 et lien local sans fichier), leurs services et
                    paramètres, et les sources de renseignement qui sont des fichiers
  --marks FICHIER   ce que les gens ont dit des constats (lignes JSON de « vigie findings marks »), au moment où ils l’ont dit;
                    une ligne sans « time » vaut depuis le début
  --brief           constats abrégés; sinon, Detection Finding d’OCSF 1.8

  vigie detect --brief --services scan,ddos flux.csv.gz
  vigie decode capture.pcap | vigie detect --brief -
  vigie normalize --vendor auto charges/*.json | vigie detect --services sla,saturation -
`,
    services: `vigie services : les services de sécurité : titres, techniques, coût, besoins, paramètres et valeurs par défaut.

  --org ORGANISME   ce qui est en vigueur pour un organisme : mode, paramètres, et qui a dit chaque valeur (default,
                    installation, organization, site)
  --site SITE       de même à un site
  --registry FICHIER   selon ce registre plutôt que celui de la chaîne en marche
  --config FICHIER  selon cette configuration (detector.services, detector.defaults)
  --format F        table, jsonl ou csv

Le coût d’un service : nanosecondes par flux chez un travailleur (worker_ns) et au détecteur (detector_ns), avec la machine et
le jour de la mesure (0 : trop peu pour le dire); un service qui ne regarde pas les flux, ou qui n’a pas été mesuré, n’en a
pas. « vigie bench detect » mesure ici.

  vigie services
  vigie services scan
  vigie services scan --org lab --registry registre.yaml
`,
    registry: `vigie registry : organisations, sites, préfixes, liens, services.

  vigie registry check FICHIER…     toutes les erreurs d’un coup, avec leur place et le remède
  vigie registry apply FICHIER…     vérifier, montrer ce qui change, remettre à la chaîne en marche
  vigie registry export             ce qui est en vigueur, en YAML

  vigie registry check sites.yaml liens.csv
`,
    privacy: `vigie privacy : ce qui est conservé des personnes, et comment l’effacer.

  vigie privacy forget ADRESSE       montrer ce que l’entrepôt et les constats gardent d’une adresse et de ses pseudonymes
  vigie privacy forget ORGANISME     de même pour un organisme du registre, par son identifiant
  vigie privacy forget SUJET --yes   l’effacer

Avancé
  --format F        table, jsonl ou csv
  --config FICHIER  réglages (vigie.yaml s’il existe); ses privacy.keys donnent les pseudonymes

Les adresses masquées ne se distinguent pas et restent. Les trames brutes suivent la conservation de leur flux.
`,
    dashboards: `vigie dashboards : les tableaux de bord de Grafana comme du code, en français et en anglais.

  vigie dashboards build [--lang fr|en] [--out DOSSIER]    le JSON à fournir à Grafana; deux fois les mêmes octets
  vigie dashboards check                                   le SQL de chaque panneau sur l’entrepôt, et les règles de la maison

  vigie dashboards build --lang fr --out /etc/grafana/vigie/fr
`,
    config: `vigie config : réglages de vigie.yaml, des variables VIGIE_… et des options.

  vigie config print     ce qui est en vigueur, et d’où vient chaque valeur
  vigie config check     toutes les erreurs d’un coup
  vigie config schema    tous les réglages : variable, type, valeur par défaut, sens
  vigie config hash-password   pour le fichier web.viewer.users_file : le mot de passe sur l’entrée standard

Avancé
  --config FICHIER   réglages (vigie.yaml s’il existe)
  --json          print et schema en JSON (JSON Schema)
`,
    doctor: `vigie doctor : ce qui manque à cette machine pour son travail, et la commande qui y remédie. Sortie 1 s’il faut agir.

  vigie doctor
`,
    bench: `vigie bench NOM : mesurer cette machine.

  decode      NetFlow v9 en colonnes, sur un cœur
  enrich      préfixes, organisations, sites
  detect      services de sécurité
  insert      blocs Native dans l’entrepôt intégré
  flow-table  formes de la table des flux, côte à côte
  edges       un réseau d’équipements de périphérie, avec une pointe, en plus des flux (--rate, 50 000)
  edge-mutations  messages abîmés : chacun stocké, en rebut, ou sans rien à dire (--rate en donne le nombre)
  planning    rapports et les vingt questions sur 13 mois de 2 500 sites
  panels      chaque requête des tableaux de bord sur 30 jours de 2 500 sites
  e2e         du port UDP à count() dans ClickHouse, tout sur cette machine

  --json          le résultat en JSON

Avancé
  --seconds S     durée d’une exécution e2e (30)
  --runs N        exécutions, dont on garde la médiane (3)
  --rate N        flux par seconde à offrir en e2e (sinon, recherche du plus haut débit sans perte)
  --write-docs    écrire docs/benchmarks.md (e2e), docs/dashboards.md (panels), le coût des services (detect)

  vigie bench decode
  vigie bench e2e --runs 1 --seconds 10
`,
  },
}
