package io.migpool.deviceplugin.nvml;

import java.util.Map;

/**
 * Where the NVLinks of a GPU that are up lead to.
 *
 * @param toSwitches how many lead to NVSwitches, which reach every other GPU
 * @param toGpus how many lead to a GPU, by its PCI bus id in upper case
 */
record LinkEnds(int toSwitches, Map<String, Integer> toGpus) {

    LinkEnds {
        toGpus = Map.copyOf(toGpus);
    }
}
