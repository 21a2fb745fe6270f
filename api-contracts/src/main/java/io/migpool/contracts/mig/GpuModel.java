package io.migpool.contracts.mig;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A board's name and memory, matched against the model names that operators write in configuration files.
 *
 * <p>Names are compared by whole tokens, ignoring case, order and separators, so {@code H20} is not {@code H200} and
 * {@code A100-80GB-PCIe} is {@code NVIDIA A100 80GB PCIe}. NVML omits tokens that the rest of the name implies;
 * they are filled in: {@code NVIDIA H100 80GB HBM3} is also an {@code H100-SXM5-80GB}, {@code NVIDIA H100 PCIe} with 80
 * GiB also an {@code H100-PCIE-80GB}, {@code NVIDIA H100 NVL} with 94 GiB also an {@code H100-PCIE-94GB}. A GH200
 * counts as one token: {@code H100 on GH200} is no more specific than {@code GH200}.
 *
 * @param name as NVML reports it
 * @param memoryMiB total memory in MiB
 */
public record GpuModel(String name, long memoryMiB) {

    private static final Pattern SEPARATORS = Pattern.compile("[^A-Z0-9]+");
    private static final Pattern MEMORY = Pattern.compile("\\d+GB");
    private static final Pattern FORM_FACTOR = Pattern.compile("PCIE|NVL|SXM\\d+");
    private static final String GRACE_HOPPER = "GH200";
    private static final Map<String, String> SOCKETS =
            Map.of("A100", "SXM4", "A800", "SXM4", "H100", "SXM5", "H200", "SXM5", "H800", "SXM5", "H20", "SXM5");

    /**
     * Returns how specifically a configured model name matches this board.
     *
     * @param pattern a name from {@code models}
     * @return number of matching tokens, or 0 if the name means another board; the highest number wins
     */
    public int specificity(String pattern) {
        Set<String> wanted = tokens(pattern);
        wanted.remove("NVIDIA");
        if (wanted.contains(GRACE_HOPPER)) {
            wanted.removeAll(Set.of("H100", "ON"));
        }
        return knownTokens().containsAll(wanted) ? wanted.size() : 0;
    }

    private Set<String> knownTokens() {
        Set<String> known = tokens(name);
        // A GH200 is named after the memory of its CPU: "GH200 480GB" has 96 GiB on the GPU.
        if (!has(known, MEMORY) || known.contains(GRACE_HOPPER)) {
            known.add(Math.ceilDiv(memoryMiB, 1024L) + "GB");
        }
        if (!has(known, FORM_FACTOR)) {
            known.stream()
                    .filter(SOCKETS::containsKey)
                    .findFirst()
                    .map(SOCKETS::get)
                    .ifPresent(known::add);
        }
        if (known.contains("NVL")) {
            known.add("PCIE");
        }
        return known;
    }

    private static boolean has(Set<String> tokens, Pattern kind) {
        return tokens.stream().anyMatch(token -> kind.matcher(token).matches());
    }

    private static Set<String> tokens(String text) {
        return SEPARATORS
                .splitAsStream(text.toUpperCase(Locale.ROOT))
                .filter(token -> !token.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
