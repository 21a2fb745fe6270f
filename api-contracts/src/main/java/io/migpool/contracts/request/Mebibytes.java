package io.migpool.contracts.request;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Memory as people write it, in requests and in quotas, turned into MiB. */
final class Mebibytes {

    private static final BigDecimal BYTES_PER_MIB = BigDecimal.valueOf(1L << 20);

    /** What Kubernetes itself caps quantities at. */
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private Mebibytes() {}

    /** An amount of bytes, in MiB. */
    static long ofBytes(BigDecimal bytes, RoundingMode rounding) {
        return whole(bytes.divide(BYTES_PER_MIB, 0, rounding), rounding);
    }

    /**
     * A plain number, in MiB.
     *
     * @param factor MiB that one unit stands for
     */
    static long ofUnits(BigDecimal units, int factor, RoundingMode rounding) {
        return whole(units.multiply(BigDecimal.valueOf(factor)), rounding);
    }

    /** The number without its fraction, from 0 to the most that a long holds. */
    static long whole(BigDecimal number, RoundingMode rounding) {
        return number.setScale(0, rounding).max(BigDecimal.ZERO).min(MOST).longValueExact();
    }
}
