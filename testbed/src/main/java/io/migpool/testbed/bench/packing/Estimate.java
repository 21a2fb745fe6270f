package io.migpool.testbed.bench.packing;

import java.util.List;
import java.util.Locale;

/**
 * The mean of independent runs with its 95 % confidence interval (Student's t, because there may be few runs).
 *
 * @param halfWidth half the width of the interval; NaN for fewer than two runs
 */
record Estimate(double mean, double halfWidth) {

    static Estimate of(List<Double> runs) {
        double mean = runs.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        double squares =
                runs.stream().mapToDouble(run -> (run - mean) * (run - mean)).sum();
        int degrees = runs.size() - 1;
        return new Estimate(
                mean, degrees < 1 ? Double.NaN : quantile(degrees) * Math.sqrt(squares / degrees / runs.size()));
    }

    /**
     * Returns the 97.5 % quantile of Student's t, by its expansion around the normal quantile; accurate to 1 % from
     * four degrees of freedom on.
     */
    private static double quantile(int degrees) {
        double z = 1.959964;
        double first = (Math.pow(z, 3) + z) / (4.0 * degrees);
        double second = (5 * Math.pow(z, 5) + 16 * Math.pow(z, 3) + 3 * z) / (96.0 * degrees * degrees);
        return z + first + second;
    }

    String text() {
        return String.format(Locale.ROOT, "%.2f ±%.2f", mean, halfWidth);
    }
}
