import { type Mistake, type MistakeParams, placeText } from './mistake.js'

type Say = (p: MistakeParams) => string
interface Message {
  readonly fr: Say
  readonly en: Say
}

const said = (fr: Say, en: Say): Message => ({ fr, en })
const meant = (p: MistakeParams, fr: string): string =>
  p.near === undefined ? '' : fr.replace('%', String(p.near))

/** One entry of a section, in words. */
const ENTRY_WORDS: Readonly<Record<string, { fr: string; en: string }>> = {
  organizations: { fr: 'organisation', en: 'organization' },
  sites: { fr: 'site', en: 'site' },
  prefixes: { fr: 'préfixe', en: 'prefix' },
  vrfs: { fr: 'VRF', en: 'VRF' },
  suppliers: { fr: 'fournisseur', en: 'supplier' },
  sla_classes: { fr: 'classe de niveau de service', en: 'SLA class' },
  contracts: { fr: 'contrat', en: 'contract' },
  links: { fr: 'lien', en: 'link' },
  exporters: { fr: 'exportateur', en: 'exporter' },
  edges: { fr: 'équipement de périphérie', en: 'edge' },
  maintenance: { fr: 'fenêtre de maintenance', en: 'maintenance window' },
  consolidation: { fr: 'consolidation', en: 'consolidation' },
  applications: { fr: 'application', en: 'application' },
  feeds: { fr: 'source de renseignement', en: 'threat feed' },
}

/** `organization lab`, in either language. */
export function entryText(section: string, label: string, lang: 'fr' | 'en'): string {
  return `${ENTRY_WORDS[section]?.[lang] ?? section} ${label}`
}

/** `sites/lab-1` in words. */
function owner(p: MistakeParams, lang: 'fr' | 'en'): string {
  const [section, label] = String(p.owner).split('/', 2) as [string, string]
  return entryText(section, label, lang)
}

/** What is wrong and what to do, by code; the codes of a rule of `model/registry.ts` are here too. */
export const MESSAGES = {
  yaml: said(
    (p) => `le YAML ne se lit pas (${p.detail}); corriger la syntaxe à cet endroit`,
    (p) => `this is not YAML (${p.detail}); mend the syntax here`,
  ),
  not_a_map: said(
    () => 'un registre commence par des sections, comme « organizations: » et « sites: »',
    () => 'a registry begins with sections, such as "organizations:" and "sites:"',
  ),
  section_unknown: said(
    (p) => `la section « ${p.key} » n’existe pas${meant(p, '; écrire « % »')} (sections : ${p.known})`,
    (p) => `there is no section "${p.key}"${meant(p, '; write "%"')} (sections: ${p.known})`,
  ),
  section_not_list: said(
    (p) => `« ${p.key} » doit être une liste; commencer chaque élément par « - »`,
    (p) => `"${p.key}" must be a list; begin each entry with "-"`,
  ),
  csv_section: said(
    (p) => `le nom du fichier ne dit pas sa section; le nommer ${p.known}`,
    (p) => `the file's name does not tell its section; name it ${p.known}`,
  ),
  isq_columns: said(
    () =>
      'la liste n’a pas une colonne de municipalités et une de régions; nommer les colonnes dans la première ligne',
    () => 'the list lacks a column of municipalities and one of regions; name the columns in the first row',
  ),
  csv_column: said(
    (p) => `la colonne « ${p.key} » n’existe pas${meant(p, '; écrire « % »')} (colonnes : ${p.known})`,
    (p) => `there is no column "${p.key}"${meant(p, '; write "%"')} (columns: ${p.known})`,
  ),
  csv_quote: said(
    () => 'un guillemet ouvert n’est pas refermé; ajouter le guillemet de fin',
    () => 'a quote that was opened is not closed; add the closing quote',
  ),
  csv_cells: said(
    (p) => `${p.found} cases, mais l’en-tête a ${p.expected} colonnes; corriger la ligne`,
    (p) => `${p.found} cells, but the header has ${p.expected} columns; mend the row`,
  ),
  csv_number: said(
    (p) => `« ${p.value} » n’est pas un nombre; écrire un nombre dans ${p.key}, avec un point décimal`,
    (p) => `"${p.value}" is not a number; write a number in ${p.key}, with a decimal point`,
  ),
  csv_owner: said(
    () =>
      'un préfixe appartient à un site ou à une organisation; remplir l’une des colonnes site et organization',
    () => 'a prefix belongs to a site or to an organization; fill one of the columns site and organization',
  ),
  entry_type: said(
    (p) => `un élément est formé de clés et de valeurs, non de ${p.found}; écrire { id: …, … }`,
    (p) => `an entry is made of keys and values, not of ${p.found}; write { id: …, … }`,
  ),
  missing: said(
    (p) => `« ${p.key} » manque; l’ajouter`,
    (p) => `"${p.key}" is missing; add it`,
  ),
  key_unknown: said(
    (p) => `la clé « ${p.key} » n’existe pas ici${meant(p, '; écrire « % »')}; sinon l’enlever`,
    (p) => `there is no key "${p.key}" here${meant(p, '; write "%"')}; else remove it`,
  ),
  wrong_type: said(
    (p) => `« ${p.key} » doit être ${p.expected_fr}, non ${p.found}${p.hint_fr}`,
    (p) => `"${p.key}" must be ${p.expected_en}, not ${p.found}${p.hint_en}`,
  ),
  not_one_of: said(
    (p) => `« ${p.key} » ne peut être ${p.found}${meant(p, '; écrire « % »')} (valeurs : ${p.known})`,
    (p) => `"${p.key}" cannot be ${p.found}${meant(p, '; write "%"')} (values: ${p.known})`,
  ),
  id_format: said(
    (p) =>
      `${p.found} n’est pas un identifiant; employer lettres, chiffres, « . », « _ » et « - », 64 au plus`,
    (p) => `${p.found} is not an id; use letters, digits, ".", "_" and "-", 64 at most`,
  ),
  text_empty: said(
    (p) => `« ${p.key} » est vide; écrire un texte ou enlever la clé`,
    (p) => `"${p.key}" is empty; write a text or remove the key`,
  ),
  region_code: said(
    (p) => `la région ${p.found} n’existe pas; écrire un code de "01" à "17", entre guillemets`,
    (p) => `there is no region ${p.found}; write a code from "01" to "17", in quotes`,
  ),
  moment_format: said(
    (p) => `${p.found} n’est pas une date; écrire 2026-05-01 ou 2026-05-01T22:00:00-04:00`,
    (p) => `${p.found} is not a date; write 2026-05-01 or 2026-05-01T22:00:00-04:00`,
  ),
  positive: said(
    (p) => `« ${p.key} » doit être plus grand que zéro, non ${p.found}`,
    (p) => `"${p.key}" must be above zero, not ${p.found}`,
  ),
  not_negative: said(
    (p) => `« ${p.key} » ne peut être négatif : ${p.found}`,
    (p) => `"${p.key}" cannot be negative: ${p.found}`,
  ),
  latitude: said(
    (p) => `la latitude va de -90 à 90, non ${p.found}; vérifier l’ordre lat, lon`,
    (p) => `a latitude is from -90 to 90, not ${p.found}; check the order lat, lon`,
  ),
  longitude: said(
    (p) => `la longitude va de -180 à 180, non ${p.found}; vérifier l’ordre lat, lon`,
    (p) => `a longitude is from -180 to 180, not ${p.found}; check the order lat, lon`,
  ),
  ratio: said(
    (p) => `« ${p.key} » est un rapport de 0 à 1, non ${p.found}; diviser un pourcentage par 100`,
    (p) => `"${p.key}" is a ratio from 0 to 1, not ${p.found}; divide a percentage by 100`,
  ),
  u32: said(
    (p) => `« ${p.key} » est un nombre de 32 bits, non ${p.found}`,
    (p) => `"${p.key}" is a 32-bit number, not ${p.found}`,
  ),
  refresh: said(
    (p) => `« ${p.key} » est d’au moins 60 secondes, non ${p.found}`,
    (p) => `"${p.key}" is at least 60 seconds, not ${p.found}`,
  ),
  severity: said(
    (p) => `la gravité va de 1 (informative) à 6 (extrême), non ${p.found}`,
    (p) => `a severity is from 1 (informational) to 6 (fatal), not ${p.found}`,
  ),
  percent: said(
    (p) => `« ${p.key} » va de 0 à 100, non ${p.found}`,
    (p) => `"${p.key}" is from 0 to 100, not ${p.found}`,
  ),
  address_bits: said(
    (p) => `« ${p.key} » va de 0 à 32 (IPv4) ou 128 (IPv6), non ${p.found}`,
    (p) => `"${p.key}" is from 0 to 32 (IPv4) or 128 (IPv6), not ${p.found}`,
  ),
  header_name: said(
    (p) => `${p.found} n’est pas le nom d’un en-tête HTTP; écrire par exemple Authorization`,
    (p) => `${p.found} is not the name of an HTTP header; write Authorization, for one`,
  ),
  app_id_format: said(
    (p) => `${p.found} n’est pas un identifiant d’application; écrire moteur:sélecteur, comme "13:495"`,
    (p) => `${p.found} is not an application id; write engine:selector, such as "13:495"`,
  ),
  value: said(
    (p) => `« ${p.key} » ne peut être ${p.found} (${p.detail})`,
    (p) => `"${p.key}" cannot be ${p.found} (${p.detail})`,
  ),
  duplicate_id: said(
    (p) => `l’identifiant « ${p.id} » est déjà pris (${p.first}); en choisir un autre ou enlever ce doublon`,
    (p) => `the id "${p.id}" is taken (${p.first}); choose another one or remove this entry`,
  ),
  reference: said(
    (p) =>
      `${p.key} : aucun élément « ${p.id} » dans ${p.target}${meant(p, '; écrire « % »')}; sinon l’y ajouter`,
    (p) => `${p.key}: there is no "${p.id}" in ${p.target}${meant(p, '; write "%"')}; else add it there`,
  ),
  prefix_address: said(
    (p) => `« ${p.prefix} » n’est pas un préfixe; écrire 10.1.0.0/16 ou 2001:db8::/32`,
    (p) => `"${p.prefix}" is not a prefix; write 10.1.0.0/16 or 2001:db8::/32`,
  ),
  prefix_length: said(
    (p) => `« ${p.prefix} » : la longueur va de /0 à /32 (IPv4) ou /128 (IPv6); la corriger`,
    (p) => `"${p.prefix}": a length is from /0 to /32 (IPv4) or /128 (IPv6); mend it`,
  ),
  prefix_host_bits: said(
    (p) => `« ${p.prefix} » désigne un hôte, non un réseau; écrire ${p.network}, ou allonger le préfixe`,
    (p) => `"${p.prefix}" names a host, not a network; write ${p.network}, or a longer prefix`,
  ),
  prefix_twice: said(
    (p) => `le préfixe ${p.prefix} est écrit deux fois ici (${p.first}); en enlever un`,
    (p) => `the prefix ${p.prefix} is written twice here (${p.first}); remove one`,
  ),
  prefix_taken: said(
    (p) =>
      `le préfixe ${p.prefix} est déjà pris (${owner(p, 'fr')}, ${p.first}); ` +
      'le laisser à un seul, ou dire deux VRF différents',
    (p) =>
      `the prefix ${p.prefix} is taken by ${owner(p, 'en')} (${p.first}); ` +
      'leave it to one of them, or name two different VRFs',
  ),
  exporter_address: said(
    (p) => `« ${p.address} » n’est pas une adresse; écrire l’adresse source de ses datagrammes`,
    (p) => `"${p.address}" is not an address; write the source address of its datagrams`,
  ),
  exporter_twice: said(
    (p) => `l’exportateur ${p.address} existe déjà (${p.first}); en enlever un`,
    (p) => `the exporter ${p.address} is there already (${p.first}); remove one`,
  ),
  interface_taken: said(
    (p) =>
      `l’interface ${p.index} de ${p.exporter} est déjà celle du lien ${p.owner} (${p.first}); corriger l’un des deux`,
    (p) =>
      `interface ${p.index} of ${p.exporter} is link ${p.owner}'s already (${p.first}); mend one of them`,
  ),
  burst_below: said(
    (p) => `burst_bps (${p.burst}) est sous committed_bps (${p.committed}); corriger l’un des deux`,
    (p) => `burst_bps (${p.burst}) is below committed_bps (${p.committed}); mend one of them`,
  ),
  contract_supplier: said(
    (p) => `le contrat ${p.contract} est avec ${p.other}, non avec ${p.supplier}; corriger l’un des deux`,
    (p) => `contract ${p.contract} is with ${p.other}, not with ${p.supplier}; mend one of them`,
  ),
  end_before_start: said(
    (p) => `la fin (${p.end}) ne suit pas le début (${p.start}); corriger l’une des deux dates`,
    (p) => `the end (${p.end}) does not follow the start (${p.start}); mend one of the dates`,
  ),
  maintenance_nothing: said(
    () => 'aucune cible; ajouter organizations, sites, links ou suppliers',
    () => 'it maintains nothing; add organizations, sites, links or suppliers',
  ),
  maintenance_overlap: said(
    (p) =>
      `${p.target} est déjà en maintenance à ce moment (${p.other}, ${p.first}); fusionner les deux fenêtres`,
    (p) => `${p.target} is under maintenance then already (${p.other}, ${p.first}); merge the two windows`,
  ),
  consolidation_self: said(
    (p) => `la salle ${p.room} ne peut se consolider en elle-même; nommer le site d’arrivée dans « into »`,
    (p) => `the room ${p.room} cannot move into itself; name the site it moves to in "into"`,
  ),
  consolidation_twice: said(
    (p) => `la salle ${p.room} a déjà une consolidation (${p.first}); en enlever une`,
    (p) => `the room ${p.room} has a consolidation already (${p.first}); remove one`,
  ),
  vrf_number: said(
    (p) => `le numéro ${p.number} est déjà celui du VRF ${p.owner} (${p.first}); corriger l’un des deux`,
    (p) => `number ${p.number} is VRF ${p.owner}'s already (${p.first}); mend one of them`,
  ),
  port_format: said(
    (p) => `« ${p.port} » n’est pas un port; écrire tcp/443, udp/5060-5061, esp ou proto/50`,
    (p) => `"${p.port}" is not a port; write tcp/443, udp/5060-5061, esp or proto/50`,
  ),
  edge_identity_taken: said(
    (p) =>
      `« ${p.identity} » désigne déjà un équipement ou un lien de ${p.owner} (${p.first}); corriger l’un des deux`,
    (p) => `"${p.identity}" names an edge or a link of ${p.owner} already (${p.first}); mend one of them`,
  ),
  port_taken: said(
    (p) =>
      `${p.port} est déjà de l’application ${p.owner} (${p.first}); l’enlever ou donner les prefixes des serveurs`,
    (p) =>
      `${p.port} is application ${p.owner}'s already (${p.first}); remove it or give the servers' prefixes`,
  ),
  app_id_taken: said(
    (p) => `${p.id} est déjà de l’application ${p.owner} (${p.first}); l’enlever d’une des deux`,
    (p) => `${p.id} is application ${p.owner}'s already (${p.first}); remove it from one of them`,
  ),
  feed_address: said(
    (p) =>
      `une collection TAXII est une adresse du Web, non « ${p.source} »; écrire https://…/collections/ID/`,
    (p) => `a TAXII collection is an address of the web, not "${p.source}"; write https://…/collections/ID/`,
  ),
  feed_secret: said(
    () =>
      'le secret est dans une variable ou dans un fichier; nommer secret_env ou secret_file, l’un des deux',
    () => 'the secret is in a variable or in a file; name secret_env or secret_file, one of them',
  ),
  application_nothing: said(
    () => 'aucune règle : rien ne peut lui correspondre; ajouter app_ids, prefixes ou ports',
    () => 'it has no rule, so nothing can match it; add app_ids, prefixes or ports',
  ),
  service_parameters: said(
    (p) => `service ${p.service} : ${p.detail}`,
    (p) => `service ${p.service}: ${p.detail}`,
  ),
} as const satisfies Readonly<Record<string, Message>>

/** `file:line:column: site lab-1: what is wrong; what to do`. */
export function mistakeText(mistake: Mistake, lang: 'fr' | 'en'): string {
  const { section, entry } = mistake
  const colon = lang === 'fr' ? ' : ' : ': '
  const where = section === undefined || entry === undefined ? '' : entryText(section, entry, lang) + colon
  const text = `${placeText(mistake)}: ${where}${MESSAGES[mistake.code][lang](mistake.params)}`
  // One mistake, one line, whatever a file has in its cells.
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}
