package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;
import java.time.Duration;
import java.util.List;

/**
 * What is measured, and for how long.
 *
 * @param fixtures clusters that are measured in process, with all of their nodes named
 * @param usual a cluster that is also measured at a quota
 * @param large a larger one
 * @param times how long each measurement takes
 */
record Extent(List<ClusterSize> fixtures, Cluster usual, Cluster large, Times times) {

    /** The sizes on which HAMi measures its own scheduler. */
    private static final List<ClusterSize> HAMI = List.of(new ClusterSize(50, 8, 1000), new ClusterSize(100, 16, 5000));

    private static final ClusterSize THOUSAND = new ClusterSize(1000, 8, 20_000);
    private static final ClusterSize FIVE_THOUSAND = new ClusterSize(5000, 8, 100_000);

    static final Extent FULL = new Extent(
            HAMI,
            new Cluster(THOUSAND, List.of(100, 500, 1000), List.of(100, 500, 1000)),
            new Cluster(FIVE_THOUSAND, List.of(100, 500, 1000, 5000), List.of(1000, 5000)),
            new Times(
                    Phase.ofMillis(5000, 10_000),
                    Phase.ofMillis(2000, 5000),
                    Phase.ofMillis(3000, 5000),
                    Duration.ofSeconds(20),
                    Phase.ofMillis(10_000, 10_000),
                    10,
                    40));

    static final Extent QUICK = new Extent(
            List.of(HAMI.getLast()),
            new Cluster(THOUSAND, List.of(1000), List.of(1000)),
            new Cluster(FIVE_THOUSAND, List.of(5000), List.of()),
            new Times(
                    Phase.ofMillis(700, 700),
                    Phase.ofMillis(300, 400),
                    Phase.ofMillis(500, 1000),
                    Duration.ofSeconds(2),
                    Phase.ofMillis(6500, 2000),
                    2,
                    5));

    /**
     * A cluster.
     *
     * @param inProcess numbers of nodes that requests name
     * @param overHttp the same for requests over HTTP; empty if there are none
     */
    record Cluster(ClusterSize size, List<Integer> inProcess, List<Integer> overHttp) {}

    /**
     * A measurement.
     *
     * @param before time for the compilers before it
     * @param measured its own time
     */
    record Phase(Duration before, Duration measured) {

        static Phase ofMillis(long before, long measured) {
            return new Phase(Duration.ofMillis(before), Duration.ofMillis(measured));
        }
    }

    /**
     * How long each measurement takes.
     *
     * @param inProcess pods come and go
     * @param atQuota a pod is refused for its quota
     * @param turns pods come and go over HTTP
     * @param paced filtered at a steady rate
     * @param saturated filtered as fast as possible
     * @param scrapesBefore scrapes before those that are measured
     * @param scrapes scrapes that are measured
     */
    record Times(
            Phase inProcess,
            Phase atQuota,
            Phase turns,
            Duration paced,
            Phase saturated,
            int scrapesBefore,
            int scrapes) {}
}
