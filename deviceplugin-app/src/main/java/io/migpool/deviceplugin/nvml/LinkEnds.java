package io.migpool.deviceplugin.nvml;

import java.util.Map;

/**
 * Where the active NVLinks of a GPU lead.
 *
 * @param toSwitches number of links to NVSwitches, which reach every other GPU
 * @param toGpus number of links to each GPU, by its PCI bus id in upper case
 */
record LinkEnds(int toSwitches, Map<String, Integer> toGpus) {

    LinkEnds {
        toGpus = Map.copyOf(toGpus);
    }
}
