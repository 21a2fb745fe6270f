package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one ResourceQuota says about GPUs, under HAMi's names: {@code limits.nvidia.com/gpumem} and
 * {@code limits.nvidia.com/gpucores}, with the configured resource names.
 *
 * @param memoryMiB most memory of a namespace, in MiB; empty means no limit
 * @param cores most compute of a namespace, in percent of a GPU; empty means no limit
 */
public record QuotaLimits(OptionalLong memoryMiB, OptionalLong cores) {

    private static final String PREFIX = "limits.";
    private static final BigDecimal BYTES_PER_MIB = BigDecimal.valueOf(1 << 20);
    /** As a count of MiB it would be a pebibyte, as bytes a gibibyte. */
    private static final BigDecimal SMALLEST_BYTES = BigDecimal.valueOf(1 << 30);

    /** Reads a quota; {@code memoryFactor} multiplies its memory as it multiplies requests. */
    public static QuotaLimits of(ResourceQuota quota, ResourceNames names, RequestDefaults defaults) {
        Map<String, Quantity> hard = quota.getSpec() == null
                ? Map.of()
                : Optional.ofNullable(quota.getSpec().getHard()).orElse(Map.of());
        OptionalLong memory = amount(hard.get(PREFIX + names.memory()), true);
        return new QuotaLimits(
                memory.isPresent() ? OptionalLong.of(memory.getAsLong() * defaults.memoryFactor()) : memory,
                amount(hard.get(PREFIX + names.cores()), false));
    }

    /** Whether it says nothing about GPUs. */
    public boolean isEmpty() {
        return memoryMiB.isEmpty() && cores.isEmpty();
    }

    private static OptionalLong amount(@Nullable Quantity quantity, boolean memory) {
        if (quantity == null) {
            return OptionalLong.empty();
        }
        BigDecimal number = quantity.getNumericalAmount();
        boolean bytes =
                memory && (String.valueOf(quantity.getFormat()).endsWith("i") || number.compareTo(SMALLEST_BYTES) >= 0);
        return OptionalLong.of((bytes ? number.divideToIntegralValue(BYTES_PER_MIB) : number).longValue());
    }
}
