import type { DeviceInterface } from '../../model/device_interface.js'
import type { RegistrySnapshot } from '../../model/registry.js'

/** Interfaces that the registry itself names, under its links. */
export const interfaceRows = ({ registry, version }: RegistrySnapshot): DeviceInterface[] =>
  registry.links.flatMap((link) =>
    (link.interfaces ?? []).flatMap(({ exporter, index, name = '', alias = '', speed_bps = 0 }) =>
      name === '' && alias === '' && speed_bps === 0
        ? []
        : [
            {
              exporter_addr: exporter,
              if_index: index,
              name,
              alias,
              speed_bps,
              source: 'registry' as const,
              // The later version is the later word.
              seen: version * 1000,
            },
          ],
    ),
  )
