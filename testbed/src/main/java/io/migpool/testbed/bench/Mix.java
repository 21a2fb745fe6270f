package io.migpool.testbed.bench;

import java.util.List;

/** How often the profiles are asked for, in the order of {@link Slice}: the four mixes of the MIG scheduling literature. */
enum Mix implements Workload {
    UNIFORM("uniform", 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0),
    SKEW_SMALL("skew-small", .05, .10, .10, .20, .25, .30),
    SKEW_BIG("skew-big", .30, .25, .20, .10, .10, .05),
    BIMODAL("bimodal", .30, .15, .05, .05, .15, .30);

    private static final List<Mix> ALL = List.of(values());

    private final String label;
    private final double g7;
    private final double g4;
    private final double g3;
    private final double g2;
    private final double g1Big;
    private final double g1;

    Mix(String label, double g7, double g4, double g3, double g2, double g1Big, double g1) {
        this.label = label;
        this.g7 = g7;
        this.g4 = g4;
        this.g3 = g3;
        this.g2 = g2;
        this.g1Big = g1Big;
        this.g1 = g1;
    }

    static List<Mix> all() {
        return ALL;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public double share(Slice slice) {
        return switch (slice) {
            case G7 -> g7;
            case G4 -> g4;
            case G3 -> g3;
            case G2 -> g2;
            case G1_BIG -> g1Big;
            case G1 -> g1;
        };
    }

    @Override
    public Arrivals draw(int gpus, double load, long seed) {
        return Arrivals.draw(this, gpus, load, seed);
    }

    /** Mean units per request. */
    double meanSize() {
        return Slice.all().stream()
                .mapToDouble(slice -> share(slice) * slice.size())
                .sum();
    }

    /** The profile at that point of the cumulated shares, 0 to 1. */
    Slice at(double point) {
        double sum = 0;
        for (Slice slice : Slice.all()) {
            sum += share(slice);
            if (point < sum) {
                return slice;
            }
        }
        return Slice.G1;
    }
}
