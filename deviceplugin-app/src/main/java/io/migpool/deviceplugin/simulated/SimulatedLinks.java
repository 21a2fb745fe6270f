package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.PciePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The NVLinks of a simulated machine; over PCIe all its GPUs are connected through the link between CPUs.
 *
 * @param nvLinks number of links by pair of GPU indices
 */
record SimulatedLinks(Map<Pair, Integer> nvLinks) {

    static final SimulatedLinks NONE = new SimulatedLinks(Map.of());
    private static final Pattern ENTRY = Pattern.compile("(\\d{1,2})-(\\d{1,2}):(\\d{1,2})");

    /** Two GPUs, the one with the lower index first. */
    record Pair(int gpu, int peer) {
        static Pair of(int one, int other) {
            return new Pair(Math.min(one, other), Math.max(one, other));
        }
    }

    SimulatedLinks {
        nvLinks = Map.copyOf(nvLinks);
    }

    /**
     * Reads {@code 0-3:12, 1-2:12}: indices of two GPUs and the number of links between them.
     *
     * @throws IllegalArgumentException if an entry is malformed; names it
     */
    static SimulatedLinks parse(String key, String text) {
        Map<Pair, Integer> links = new HashMap<>();
        for (String entry : text.split(",", -1)) {
            Matcher matcher = ENTRY.matcher(entry.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "%s has the entry '%s', expected two indices and a number of links such as 0-3:12"
                                .formatted(key, entry.strip()));
            }
            links.put(
                    Pair.of(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))),
                    Integer.parseInt(matcher.group(3)));
        }
        return new SimulatedLinks(links);
    }

    List<GpuLink> between(List<GpuState> gpus) {
        List<GpuLink> links = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            for (GpuState peer : gpus.subList(i + 1, gpus.size())) {
                GpuState gpu = gpus.get(i);
                links.add(new GpuLink(
                        gpu.uuid(),
                        peer.uuid(),
                        PciePath.CROSS_CPU,
                        nvLinks.getOrDefault(Pair.of(gpu.index(), peer.index()), 0)));
            }
        }
        return links;
    }
}
