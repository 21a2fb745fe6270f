package io.migpool.runtime.time;

import java.time.Duration;

/**
 * The pauses between retries: each twice as long as the one before, up to a limit. From 200 ms to 5 s:
 *
 * <table>
 * <caption>Pauses</caption>
 * <tr><th>failures</th><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td><td>7</td></tr>
 * <tr><th>pause in s</th><td>0.2</td><td>0.4</td><td>0.8</td><td>1.6</td><td>3.2</td><td>5</td><td>5</td></tr>
 * </table>
 *
 * @param first pause after the first failure
 * @param longest limit for every pause
 */
public record BackOff(Duration first, Duration longest) {

    public BackOff {
        if (!first.isPositive() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "back-off from %s to %s; the first pause must be longer than zero and no longer than the last"
                            .formatted(first, longest));
        }
    }

    /** Returns the pause after one more failure. */
    public Duration after(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(longest) < 0 ? twice : longest;
    }
}
