import { both, same } from '../language.js'

export const VOICE = {
  about: both(
    'Pour la téléphonie\u00a0: peut-on se parler? La note d’opinion (MOS) est calculée par le modèle E à partir du délai, de la variation et de la perte; les notes des fabricants ne s’y mêlent pas.',
    'For telephony: can people talk? The mean opinion score is computed by the E-model from delay, variation and loss; vendors’ own scores are kept out.',
  ),
  now: {
    title: both('En bref', 'In short'),
    about: both(
      'Minutes de chemin où la note calculée est passée sous 3,6, sites concernés, chemins mesurés et note la plus basse de la période.',
      'Path minutes in which the computed score fell below 3.6, sites concerned, paths measured and the lowest score of the range.',
    ),
    minutes: both('Minutes dégradées', 'Degraded minutes'),
    sites: both('Sites sous 3,6', 'Sites below 3.6'),
    paths: both('Chemins mesurés', 'Paths measured'),
    lowest: both('MOS le plus bas', 'Lowest MOS'),
  },
  sites: {
    title: both('Sites sous 3,6', 'Sites below 3.6'),
    about: both(
      'Sites où des conversations ont souffert, le plus de minutes d’abord, avec ce qui s’écarte le plus\u00a0: délai, variation ou perte.',
      'Sites where conversations suffered, most minutes first, with what is furthest off: delay, variation or loss.',
    ),
    minutes: same('Minutes'),
    lowest: both('MOS le plus bas', 'Lowest MOS'),
    cause: both('Cause probable', 'Probable cause'),
  },
  bands: {
    title: both('Répartition des notes', 'Distribution of scores'),
    about: both(
      'Minutes de chemin par classe de note. Une moyenne cacherait les appels ratés.',
      'Path minutes by band of score. A mean would hide the failed calls.',
    ),
    good: both('4,0 et plus', '4.0 and above'),
    fair: both('3,6 à 4,0', '3.6 to 4.0'),
    poor: both('3,1 à 3,6', '3.1 to 3.6'),
    bad: both('Moins de 3,1', 'Below 3.1'),
  },
  spread: {
    title: both('Notes au fil du temps', 'Scores over time'),
    about: both(
      'Minutes de chemin par classe de note et par intervalle, des meilleures en haut aux pires en bas\u00a0: on y voit l’heure où tout se gâte.',
      'Path minutes by class of score and interval, the best at the top, the worst at the bottom: the hour when things go wrong shows.',
    ),
    best: both('4,3 et plus', '4.3 and above'),
    under_43: both('4,0 à 4,3', '4.0 to 4.3'),
    under_40: both('3,6 à 4,0', '3.6 to 4.0'),
    under_36: both('3,1 à 3,6', '3.1 to 3.6'),
    under_31: both('2,6 à 3,1', '2.6 to 3.1'),
    under_26: both('Moins de 2,6', 'Below 2.6'),
  },
  latency: {
    title: both('Délai aller-retour', 'Round-trip delay'),
    about: both(
      'Médiane et 95e centile. La recommandation G.114 demande moins de 150\u00a0ms à sens unique.',
      'Median and 95th percentile. Recommendation G.114 asks for less than 150 ms one way.',
    ),
  },
  jitter: {
    title: both('Variation du délai', 'Delay variation'),
    about: both(
      'Médiane et 95e centile; au-delà de 30\u00a0ms les tampons des téléphones ne suffisent plus.',
      'Median and 95th percentile; beyond 30 ms the buffers of telephones no longer suffice.',
    ),
  },
  loss: {
    title: both('Perte de paquets', 'Packet loss'),
    about: both(
      'Part moyenne des paquets perdus; 1\u00a0% s’entend.',
      'Mean share of packets lost; 1% can be heard.',
    ),
  },
  volume: {
    title: both('Trafic de la voix', 'Voice traffic'),
    about: both(
      'Débit des applications de la classe voix, reçu et envoyé par les sites choisis.',
      'Rate of the applications of the voice class, received and sent by the chosen sites.',
    ),
    rate: both('Débit', 'Rate'),
  },
}

/** What hurts a conversation most. */
export const VOICE_CAUSES = [
  { value: 'latency', text: both('Délai', 'Delay') },
  { value: 'jitter', text: same('Variation') },
  { value: 'loss', text: both('Perte', 'Loss') },
  { value: 'unknown', text: both('Indéterminée', 'Undetermined') },
]
