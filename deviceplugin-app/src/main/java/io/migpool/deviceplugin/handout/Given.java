package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.node.DeviceHolders;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Which devices pods have: as kubelet tells, and those given so recently that it does not tell yet. Not thread-safe. */
final class Given {

    private static final System.Logger LOG = System.getLogger(Given.class.getName());
    /** kubelet notes what it was given right after the answer; a pod that it refused then is never told. */
    private static final Duration UNTOLD = Duration.ofSeconds(30);

    private final InstantSource clock;
    private final Map<Holding, Instant> promised = new HashMap<>();
    /** What containers started with, and the last question that was begun before: its answer may lack it. */
    private final Map<Holding, Long> started = new HashMap<>();

    private Set<Holding> told = Set.of();
    /** Counts the questions that were begun. */
    private long asked;
    /** The one that {@link #told} answers. */
    private long answered;

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

    /** Begins a question: its number. */
    long begin() {
        return ++asked;
    }

    /**
     * What kubelet tells.
     *
     * @param question the later begun, the higher
     * @param holdings who has what; empty if it does not tell
     */
    record Answer(long question, Optional<Set<Holding>> holdings) {
        static Answer nobody(long question) {
            return new Answer(question, Optional.of(Set.of()));
        }

        boolean isKnown() {
            return holdings.isPresent();
        }
    }

    /** Asks what was begun; blocks for a call of kubelet. */
    static Answer ask(DeviceHolders holders, long question) throws InterruptedException {
        try {
            return new Answer(question, Optional.of(of(holders.present())));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "kubelet does not tell who has which device", e);
            return new Answer(question, Optional.empty());
        }
    }

    static Set<Holding> of(List<DeviceHolders.Holder> holders) {
        return holders.stream()
                .map(holder -> new Holding(holder.resource(), holder.deviceId()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** An answer; to a question that was begun before the one answered last it tells nothing new. */
    void told(Answer answer) {
        answer.holdings().filter(_ -> answer.question() > answered).ifPresent(now -> {
            answered = answer.question();
            told = now;
            started.values().removeIf(before -> before < answered);
            promised.keySet().removeAll(now);
        });
    }

    void promise(Holding hold) {
        promised.put(hold, clock.instant());
    }

    /** A container starts with it, so kubelet has noted it. */
    void started(Holding hold) {
        promised.remove(hold);
        started.put(hold, asked);
    }

    boolean has(Holding hold) {
        return all().contains(hold);
    }

    Set<Holding> all() {
        Set<Holding> all = new HashSet<>(told);
        all.addAll(recent());
        return all;
    }

    /** UUIDs of devices that an answer lacks, as it may be older than they were given. */
    Set<String> untold(Set<Holding> answer) {
        return recent().stream()
                .filter(hold -> !answer.contains(hold))
                .map(Holding::uuid)
                .collect(Collectors.toUnmodifiableSet());
    }

    private Set<Holding> recent() {
        Instant oldest = clock.instant().minus(UNTOLD);
        promised.values().removeIf(given -> given.isBefore(oldest));
        Set<Holding> recent = new HashSet<>(promised.keySet());
        recent.addAll(started.keySet());
        return recent;
    }
}
