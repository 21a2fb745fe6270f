package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one ResourceQuota says about GPUs, under HAMi's names: {@code limits.nvidia.com/gpumem} and
 * {@code limits.nvidia.com/gpucores}, with the configured resource names.
 *
 * @param memoryMiB maximum memory for the namespace, in MiB; empty means no limit
 * @param cores maximum compute for the namespace, in percent of a GPU; empty means no limit
 */
public record QuotaLimits(OptionalLong memoryMiB, OptionalLong cores) {

    private static final String PREFIX = "limits.";

    /** As MiB this would be nearly a pebibyte; as bytes it is a gigabyte. A namespace may have many GPUs. */
    private static final BigDecimal SMALLEST_BYTES = BigDecimal.valueOf(1_000_000_000);

    /**
     * Reads a quota. Memory is in MiB, multiplied by the same factor as requests; with a binary suffix ({@code 500Mi}),
     * or from 10<sup>9</sup> on, it is in bytes.
     */
    public static QuotaLimits of(ResourceQuota quota, ResourceNames names, RequestDefaults defaults) {
        Map<String, Quantity> hard = quota.getSpec() == null
                ? Map.of()
                : Optional.ofNullable(quota.getSpec().getHard()).orElse(Map.of());
        return new QuotaLimits(
                memory(hard.get(PREFIX + names.memory()), defaults), cores(hard.get(PREFIX + names.cores())));
    }

    /** Returns whether the quota does not limit GPUs. */
    public boolean isEmpty() {
        return memoryMiB.isEmpty() && cores.isEmpty();
    }

    private static OptionalLong memory(@Nullable Quantity quantity, RequestDefaults defaults) {
        if (quantity == null) {
            return OptionalLong.empty();
        }
        BigDecimal number = quantity.getNumericalAmount();
        boolean bytes = String.valueOf(quantity.getFormat()).endsWith("i") || number.compareTo(SMALLEST_BYTES) >= 0;
        return OptionalLong.of(
                bytes
                        ? Mebibytes.ofBytes(number, RoundingMode.FLOOR)
                        : Mebibytes.ofUnits(number, defaults.memoryFactor(), RoundingMode.FLOOR));
    }

    private static OptionalLong cores(@Nullable Quantity quantity) {
        return quantity == null
                ? OptionalLong.empty()
                : OptionalLong.of(Mebibytes.whole(quantity.getNumericalAmount(), RoundingMode.FLOOR));
    }
}
