package io.migpool.contracts.request;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Converts memory as written in requests and quotas to MiB. */
final class Mebibytes {

    private static final BigDecimal BYTES_PER_MIB = BigDecimal.valueOf(1L << 20);

    /** The cap that Kubernetes itself puts on quantities. */
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private Mebibytes() {}

    /** Converts bytes to MiB. */
    static long ofBytes(BigDecimal bytes, RoundingMode rounding) {
        return whole(bytes.divide(BYTES_PER_MIB, 0, rounding), rounding);
    }

    /**
     * Converts a plain number to MiB.
     *
     * @param factor MiB per unit
     */
    static long ofUnits(BigDecimal units, int factor, RoundingMode rounding) {
        return whole(units.multiply(BigDecimal.valueOf(factor)), rounding);
    }

    /** Rounds the number and clamps it to 0 to the largest {@code long}. */
    static long whole(BigDecimal number, RoundingMode rounding) {
        return number.setScale(0, rounding).max(BigDecimal.ZERO).min(MOST).longValueExact();
    }
}
