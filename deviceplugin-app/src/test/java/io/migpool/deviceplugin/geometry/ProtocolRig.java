package io.migpool.deviceplugin.geometry;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A node with labels, clients and a clock, and the protocol on it. */
final class ProtocolRig implements NodeLabels, GpuClients, AutoCloseable {

    static final String DCGM = "nvidia.com/gpu.deploy.dcgm";
    private static final Duration MINUTE = Duration.ofMinutes(1);

    final Lab lab;
    final Map<String, String> labels = new TreeMap<>(Map.of(DCGM, "true"));
    final List<String> pods = new ArrayList<>();
    final List<String> told = new ArrayList<>();
    final List<Map<String, String>> writes = new ArrayList<>();
    boolean reachable = true;
    int stops;
    int starts;
    Instant now = Instant.EPOCH;
    private MigConfigProtocol protocol;

    ProtocolRig(String boards) {
        lab = Lab.of(boards);
        protocol = newProtocol();
    }

    private MigConfigProtocol newProtocol() {
        return new MigConfigProtocol(
                this,
                this,
                () -> GeneratedConfiguration.of(lab.driver().gpus()),
                lab.geometry(),
                (reason, note) -> told.add(reason + ": " + note),
                () -> now,
                new MigConfigProtocol.Patience(MINUTE, MINUTE.multipliedBy(2), MINUTE, MINUTE.multipliedBy(3)));
    }

    /** The agent starts anew and remembers nothing. */
    void restart() {
        protocol = newProtocol();
    }

    void ask(String config) {
        labels.put(MigConfigLabels.CONFIG, config);
    }

    Duration step() {
        return protocol.step();
    }

    /** Time passes; then a step. */
    Duration stepAfter(Duration time) {
        now = now.plus(time);
        return step();
    }

    Optional<String> state() {
        return Optional.ofNullable(labels.get(MigConfigLabels.STATE));
    }

    String dcgm() {
        return labels.getOrDefault(DCGM, "");
    }

    @Override
    public Optional<Map<String, String>> current() {
        return Optional.of(Map.copyOf(labels));
    }

    @Override
    public void patch(Map<String, String> changes) throws UnreachableException {
        requireReachable();
        writes.add(Map.copyOf(changes));
        labels.putAll(changes);
    }

    @Override
    public List<String> present() throws UnreachableException {
        requireReachable();
        return List.copyOf(pods);
    }

    @Override
    public void stopServices() {
        stops++;
    }

    @Override
    public void startServices() {
        starts++;
    }

    private void requireReachable() throws UnreachableException {
        if (!reachable) {
            throw new UnreachableException("the API server does not answer");
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
