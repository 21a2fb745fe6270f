package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.migmanager.DeviceHolders;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which devices pods have: as kubelet tells, and those given so recently that it does not tell yet. Not thread-safe. */
final class Given {

    /** kubelet notes what it was given right after the answer; a pod that it refused then is never told. */
    private static final Duration UNTOLD = Duration.ofSeconds(30);

    private final InstantSource clock;
    private Set<Holding> told = Set.of();
    private final Map<Holding, Instant> promised = new HashMap<>();

    Given(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * A device that a pod has.
     *
     * @param resource under which it was given
     * @param uuid of the device
     */
    record Holding(String resource, String uuid) {}

    /** Asks; blocks for a call of kubelet. */
    static Set<Holding> ask(DeviceHolders holders) throws IOException, InterruptedException {
        return of(holders.present());
    }

    static Set<Holding> of(List<DeviceHolders.Holder> holders) {
        return holders.stream()
                .map(holder -> new Holding(holder.resource(), holder.deviceId()))
                .collect(Collectors.toUnmodifiableSet());
    }

    void told(Set<Holding> now) {
        told = now;
        Instant oldest = clock.instant().minus(UNTOLD);
        promised.entrySet()
                .removeIf(promise ->
                        now.contains(promise.getKey()) || promise.getValue().isBefore(oldest));
    }

    void promise(Holding hold) {
        promised.put(hold, clock.instant());
    }

    /** A container starts with it, so kubelet has noted it. */
    void started(Holding holding) {
        if (promised.remove(holding) != null) {
            Set<Holding> now = new HashSet<>(told);
            now.add(holding);
            told = now;
        }
    }

    boolean has(Holding hold) {
        return told.contains(hold) || promised.containsKey(hold);
    }

    Set<Holding> all() {
        Set<Holding> all = new HashSet<>(told);
        all.addAll(promised.keySet());
        return all;
    }

    Set<String> untold() {
        return promised.keySet().stream().map(Holding::uuid).collect(Collectors.toUnmodifiableSet());
    }
}
