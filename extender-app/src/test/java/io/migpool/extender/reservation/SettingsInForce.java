package io.migpool.extender.reservation;

import io.migpool.config.DeviceSettings;
import io.migpool.config.ModelGeometries;
import io.migpool.config.ModelProfiles;
import io.migpool.config.SchedulingWishes;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.Boards;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Settings of the cluster as operators change them while pods run. The names of resources stay. */
final class SettingsInForce {

    private static final List<String> GPU_POLICIES =
            List.of("", "fragmentation", "binpack", "spread", "first-fit", "numa,binpack", "topology-aware", "mutex");
    private static final List<String> NODE_POLICIES = List.of("", "fragmentation", "binpack", "spread");
    private static final List<Optional<Duration>> HOLD_TIMES = List.of(
            Optional.empty(),
            Optional.of(Duration.ZERO),
            Optional.of(Duration.ofSeconds(5)),
            Optional.of(SchedulingWishes.LONGEST_HOLD));
    private static final List<List<ModelProfiles>> ALLOWED = List.of(
            List.of(),
            List.of(),
            List.of(allowed(Boards.A100_80, "1g.10gb", "7g.80gb")),
            List.of(allowed(Boards.A100_80, "1g.20gb", "3g.40gb", "4g.40gb"), allowed(Boards.A30, "1g.6gb")));
    private static final List<List<ModelGeometries>> GEOMETRIES = List.of(
            List.of(),
            List.of(),
            List.of(),
            List.of(new ModelGeometries(
                    List.of(Boards.A100_80),
                    List.of(
                            new MigGeometry(new TreeMap<>(Map.of(MigProfile.parse("3g.40gb"), 2))),
                            new MigGeometry(new TreeMap<>(Map.of(MigProfile.parse("1g.10gb"), 7)))))));

    private SettingsInForce() {}

    private static ModelProfiles allowed(String model, String... profiles) {
        return new ModelProfiles(
                List.of(model), Stream.of(profiles).map(MigProfile::parse).toList());
    }

    /** Returns settings of which each part may differ from any others. */
    static DeviceSettings random(Random random) {
        DeviceSettings usual = DeviceSettings.DEFAULT;
        PolicyChoice policies = PolicyChoice.of("gpu", one(GPU_POLICIES, random), "node", one(NODE_POLICIES, random));
        return new DeviceSettings(
                usual.resources(),
                usual.defaults(),
                usual.overwriteEnv(),
                usual.runtimeClassName(),
                usual.gpuCorePolicy(),
                usual.disableCoreLimit(),
                new SchedulingWishes(policies, one(HOLD_TIMES, random)),
                usual.nodeDefaults(),
                one(GEOMETRIES, random),
                one(ALLOWED, random));
    }

    private static <T> T one(List<T> choices, Random random) {
        return choices.get(random.nextInt(choices.size()));
    }
}
