package io.migpool.deviceplugin.instance;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Creations that failed on a GPU one after another, for reasons that lie in the GPU or its driver. From the third on,
 * if they failed for 10 s, the GPU counts as unfit, until a creation succeeds or none was tried for 10 min. Recorded on
 * the GPU's thread, read on any. The first failure stands for all of them: their words differ by what was to be created
 * where, but it is one trouble, which is told once.
 */
final class Refusals {

    private static final Set<GpuErrorCode> COUNTED =
            Set.of(GpuErrorCode.UNKNOWN, GpuErrorCode.TIMEOUT, GpuErrorCode.NO_PERMISSION);
    private static final int MANY = 3;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private volatile Optional<Row> row = Optional.empty();

    private record Row(int count, Instant first, Instant last, GpuException why) {}

    void succeeded() {
        row = Optional.empty();
    }

    void failed(GpuException why, Instant now) {
        if (COUNTED.contains(why.code())) {
            row = Optional.of(row.filter(before -> isRecent(before, now))
                    .map(before -> new Row(before.count() + 1, before.first(), now, before.why()))
                    .orElseGet(() -> new Row(1, now, now, why)));
        }
    }

    /** Returns the first of the failures if the GPU counts as unfit. */
    Optional<GpuException> unfit(Instant now) {
        return row.filter(failures -> isRecent(failures, now))
                .filter(failures -> failures.count() >= MANY)
                .filter(failures ->
                        Duration.between(failures.first(), failures.last()).compareTo(LONG) >= 0)
                .map(Row::why);
    }

    private static boolean isRecent(Row failures, Instant now) {
        return Duration.between(failures.last(), now).compareTo(REMEMBERED) < 0;
    }
}
