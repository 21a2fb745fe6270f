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

/**
 * Which devices pods have: those that kubelet reports, and those given too recently for it to report them. Not
 * thread-safe.
 */
final class DeviceAllocations {

    private static final System.Logger LOG = System.getLogger(DeviceAllocations.class.getName());
    /**
     * How long an unreported device counts as given. kubelet notes it right after the answer; for a pod that it then
     * rejects, it never reports it.
     */
    private static final Duration UNTOLD = Duration.ofSeconds(30);

    private final InstantSource clock;
    private final Map<Holding, Instant> promised = new HashMap<>();
    /**
     * Devices with which containers started, and the last question begun before the start, whose answer may lack them.
     */
    private final Map<Holding, Long> started = new HashMap<>();

    private Set<Holding> told = Set.of();
    /** Number of questions begun. */
    private long asked;
    /** The question to which {@link #told} is the answer. */
    private long answered;

    DeviceAllocations(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * A device that a pod has.
     *
     * @param resource the resource under which it was given
     * @param deviceId its plugin's name for it; of this agent's devices, the UUID
     */
    record Holding(String resource, String deviceId) {

        /** Returns the UUID of the device, which another plugin may have given to several pods. */
        String uuid() {
            return DeviceHolders.device(deviceId);
        }
    }

    /** Begins a question and returns its number. */
    long begin() {
        return ++asked;
    }

    /**
     * An answer from kubelet.
     *
     * @param question the question's number; higher for questions begun later
     * @param holdings which pods have which devices; empty if kubelet does not say
     */
    record Answer(long question, Optional<Set<Holding>> holdings) {
        static Answer nobody(long question) {
            return new Answer(question, Optional.of(Set.of()));
        }

        boolean isKnown() {
            return holdings.isPresent();
        }
    }

    /** Asks a question that was begun. Blocks for a call to kubelet. */
    static Answer ask(DeviceHolders holders, long question) throws InterruptedException {
        try {
            return new Answer(question, Optional.of(of(holders.present())));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "kubelet does not report which pod has which device", e);
            return new Answer(question, Optional.empty());
        }
    }

    static Set<Holding> of(List<DeviceHolders.Holder> holders) {
        return holders.stream()
                .map(holder -> new Holding(holder.resource(), holder.deviceId()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Takes an answer. One to a question begun before the last one answered is ignored. */
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

    /** Records that a container starts with a device: kubelet has noted it by then. */
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

    /** Returns the UUIDs of given devices that an answer lacks, because it may be older than the grant. */
    Set<String> untold(Set<Holding> answer) {
        return recent().stream()
                .filter(hold -> !answer.contains(hold))
                .map(Holding::deviceId)
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
