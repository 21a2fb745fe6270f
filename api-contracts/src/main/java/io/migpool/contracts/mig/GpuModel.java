package io.migpool.contracts.mig;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A board's name and memory, matched against the model names that operators write in configuration files.
 *
 * <p>Names are compared by whole tokens, ignoring case and separators, so {@code H20} is not {@code H200} and
 * {@code A100-80GB-PCIe} is {@code NVIDIA A100 80GB PCIe}. NVML leaves out what goes without saying; such tokens are
 * filled in: {@code NVIDIA H100 80GB HBM3} is also an {@code H100-SXM5-80GB}, {@code NVIDIA H100 PCIe} with 80 GiB is also
 * an {@code H100-PCIE-80GB}, {@code NVIDIA GH200 …} is also an {@code H100 on GH200}.
 *
 * @param name as NVML reports it
 * @param memoryMiB total memory in MiB
 */
public record GpuModel(String name, long memoryMiB) {

    private static final Pattern SEPARATORS = Pattern.compile("[^A-Za-z0-9]+");
    private static final Pattern MEMORY = Pattern.compile("\\d+GB");
    private static final Pattern FORM_FACTOR = Pattern.compile("PCIE|NVL|SXM\\d*|HGX|GH\\d+|GB\\d+");
    private static final Set<String> SXM5_FAMILIES = Set.of("H100", "H200", "H800", "H20");

    /**
     * How well a configured model name fits this board.
     *
     * @param pattern a name from {@code models}
     * @return number of tokens that match, or 0 if the name means another board; the most specific name wins
     */
    public int specificity(String pattern) {
        List<String> wanted = tokens(pattern).stream()
                .filter(token -> !token.equals("NVIDIA"))
                .toList();
        return !wanted.isEmpty() && knownTokens().containsAll(wanted) ? wanted.size() : 0;
    }

    private Set<String> knownTokens() {
        List<String> reported = tokens(name);
        Set<String> known = new HashSet<>(reported);
        boolean hasFormFactor =
                reported.stream().anyMatch(t -> FORM_FACTOR.matcher(t).matches());
        if (!hasFormFactor && reported.stream().anyMatch(SXM5_FAMILIES::contains)) {
            known.add("SXM5");
        }
        if (reported.stream().noneMatch(t -> MEMORY.matcher(t).matches())) {
            known.add(Math.ceilDiv(memoryMiB, 1024L) + "GB");
        }
        if (known.contains("GH200")) {
            known.addAll(Set.of("H100", "ON"));
        }
        return known;
    }

    private static List<String> tokens(String text) {
        return SEPARATORS
                .splitAsStream(text.toUpperCase(Locale.ROOT))
                .filter(token -> !token.isEmpty())
                .toList();
    }
}
